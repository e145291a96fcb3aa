/**
 * What a kernel answers when it can fail.
 */

export const OK: i32 = 0
/** The first point is not on the curve. */
export const FIRST_OFF_CURVE: i32 = 1
/** The second point is not on the curve. */
export const SECOND_OFF_CURVE: i32 = 2
/** Two points that the definition adds or compares have equal x. */
export const SAME_X: i32 = 3
/** The felt has no square root; the result is the root of 3 times it. */
export const NOT_SQUARE: i32 = 4
/** The result is the point at infinity. */
export const INFINITY: i32 = 5
/** A coordinate is not below the modulus. */
export const OUT_OF_RANGE: i32 = 6
