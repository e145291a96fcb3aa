/**
 * Additions of points in plain `bigint`, for the texts of errors: a curve y^2 = x^3 + a x + b over p. Null is infinity.
 */

export interface AffinePoint {
  x: bigint
  y: bigint
}

export function addPoints(
  { p, a }: { p: bigint; a: bigint },
  left: AffinePoint | null,
  right: AffinePoint | null,
): AffinePoint | null {
  if (left === null) return right
  if (right === null) return left
  if (left.x === right.x && (left.y + right.y) % p === 0n) return null
  const slope =
    left.x === right.x
      ? (3n * left.x * left.x + a) * power(2n * left.y, p - 2n, p)
      : (right.y - left.y) * power(modulo(right.x - left.x, p), p - 2n, p)
  const x = modulo(slope * slope - left.x - right.x, p)
  return { x, y: modulo(slope * (left.x - x) - left.y, p) }
}

function power(base: bigint, exponent: bigint, p: bigint): bigint {
  let result = 1n
  let square = base
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % p
    square = (square * square) % p
  }
  return result
}

function modulo(value: bigint, p: bigint): bigint {
  const rest = value % p
  return rest < 0n ? rest + p : rest
}
