/**
 * OUT: what one incarnation read, wrote and said, in one immutable piece of an arena that one pointer publishes. A slow
 * validator may still read it while the transaction runs again.
 *
 *     word  name          meaning
 *     0     OUTCOME       COMPLETED, REJECTED or FAULT
 *     1, 2  READS, WRITES counts
 *     3, 4  RESULT, RESULT_WORDS
 *     5     DELTA         four cells for `finish`, 0 without an addition
 *     6     AMOUNT        number still to be added at commit, 0 if the cells are exact already
 *     8     SETS          (location, cell) of each read, then (location, record) of each write
 */
export const OUTCOME = 0
export const READS = 1
export const WRITES = 2
export const RESULT = 3
export const RESULT_WORDS = 4
export const DELTA = 5
export const AMOUNT = 6
export const SETS = 8

/** The virtual machine threw: it counts only if the reads hold, and then the block fails. */
export const FAULT = 3
