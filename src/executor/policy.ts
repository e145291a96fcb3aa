/**
 * Switches of the policy, bits of the control word `policy`. Each turns an accelerator off; none changes a result, and a
 * spec turns each of them off.
 */
/** Aborted writes stay readable instead of making readers wait. */
export const NO_ESTIMATES = 1
/** Only commit validates. */
export const NO_EARLY_VALIDATION = 2
/** A read holds only if it is the very cell, not if the bytes are the same. */
export const NO_VALUE_COMPARISON = 4
/** A read that meets an ESTIMATE of a running transaction blocks at once. */
export const NO_PATIENCE = 8
/** Additions read and write. */
export const NO_DELTAS = 16
/** The window stays as it was set. */
export const NO_DEGRADATION = 32
/** Dependants are left to whoever claims them. */
export const NO_HAND_OFF = 64
/** The virtual machine is not told of transactions before they start. */
export const NO_PREPARATION = 128
