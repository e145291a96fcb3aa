/**
 * The host's word that a run must end, asked for at pauses.
 */

/** Whether the host wants the run to end. */
// @ts-ignore: decorator
@external('env', 'stopped')
export declare function stopped(): i32
