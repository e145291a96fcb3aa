/**
 * Syscalls on secp256k1 and secp256r1. A point lives in the frame; its handle is a pointer into one segment for both
 * curves, six cells a point in the order of their making, whose cells stay unset.
 */
import type { Frame, SecpPoint } from './frame.ts'
import type { SyscallName } from './host.ts'
import {
  addPoints,
  type Curve,
  isOnCurve,
  multiplyPoint,
  rootY,
  secp256k1,
  secp256r1,
} from './secp-curves.ts'
import type { Segments } from './segments.ts'

const POINT_CELLS = 6
const MASK128 = (1n << 128n) - 1n

export type SecpAnswer =
  | { kind: 'answered'; values: (bigint | { segment: number; offset: number })[] }
  | { kind: 'refused' }
  | { kind: 'fault'; text: string }

type Point = SecpPoint['point']

/** Runs a syscall by name; `fields` are the addresses of its request's cells. */
export function secpSyscalls(
  segments: Segments,
  frame: Frame,
  name: SyscallName,
  fields: Int32Array,
): SecpAnswer {
  const kind = name.startsWith('Secp256k1') ? 'k1' : 'r1'
  const curve = kind === 'k1' ? secp256k1 : secp256r1
  const number = (index: number) =>
    segments.felt(fields[index]!) + (segments.felt(fields[index + 1]!) << 128n)
  const answered = (...values: (bigint | { segment: number; offset: number })[]): SecpAnswer => ({
    kind: 'answered',
    values,
  })
  const keep = (point: Point) => {
    if (frame.secpSegment < 0) frame.secpSegment = segments.allocate(0)
    frame.secpPoints.push({ curve: kind, point })
    return { segment: frame.secpSegment, offset: POINT_CELLS * (frame.secpPoints.length - 1) }
  }
  const pointAt = (index: number) => pointOf(segments, frame, kind, fields[index]!)
  const operation = name.slice('Secp256k1'.length)
  if ((operation === 'Add' || operation === 'Mul') && frame.secpSegment < 0) {
    return { kind: 'fault', text: 'Hint SystemCall is impossible' }
  }

  switch (operation) {
    case 'New':
      return makePoint(curve, number(0), number(2), answered, keep)
    case 'GetPointFromX': {
      const x = number(0)
      if (x >= curve.p) return { kind: 'refused' }
      const y = rootY(curve, x, segments.smallNumber(fields[2]!) === 1)
      return y === null ? answered(1n, 0n) : answered(0n, keep({ x, y }))
    }
    case 'Add': {
      const [left, right] = [pointAt(0), pointAt(1)]
      if (left.text !== undefined) return { kind: 'fault', text: left.text }
      if (right.text !== undefined) return { kind: 'fault', text: right.text }
      return answered(keep(addPoints(curve, left.point, right.point)))
    }
    case 'Mul': {
      const factor = pointAt(0)
      if (factor.text !== undefined) return { kind: 'fault', text: factor.text }
      return answered(keep(multiplyPoint(curve, factor.point, number(1))))
    }
    default: {
      const found = pointAt(0)
      if (found.text !== undefined) return { kind: 'fault', text: found.text }
      const { x, y } = found.point ?? { x: 0n, y: 0n }
      return answered(x & MASK128, x >> 128n, y & MASK128, y >> 128n)
    }
  }
}

function makePoint(
  curve: Curve,
  x: bigint,
  y: bigint,
  answered: (...values: (bigint | { segment: number; offset: number })[]) => SecpAnswer,
  keep: (point: Point) => { segment: number; offset: number },
): SecpAnswer {
  if (x >= curve.p || y >= curve.p) return { kind: 'refused' }
  if (x === 0n && y === 0n) return answered(0n, keep(null))
  return isOnCurve(curve, { x, y }) ? answered(0n, keep({ x, y })) : answered(1n, 0n)
}

function pointOf(
  segments: Segments,
  frame: Frame,
  kind: 'k1' | 'r1',
  address: number,
): { point: Point; text?: never } | { point?: never; text: string } {
  const segment = segments.segmentOf(address)
  const index = segments.offsetOf(address) / POINT_CELLS
  const entry = segment === frame.secpSegment ? frame.secpPoints[index] : undefined
  if (entry?.curve === kind) return { point: entry.point }
  return { text: `Invalid syscall input: 0x${segment.toString(16)}; Invalid Secp point address` }
}
