/**
 * Syscalls on secp256k1 and secp256r1. A point lives beside the memory; its handle is a pointer into one segment for
 * both curves, six cells per point in the order of their making, whose cells stay unset.
 */
import { encodeShortString } from '../../felt/felt.ts'
import {
  addPoints,
  type Curve,
  evenAndOddY,
  isOnCurve,
  multiplyPoint,
  type Point,
  secp256k1,
  secp256r1,
} from './curve.ts'
import type { Frame } from './frame.ts'
import { hintPanic } from './operands.ts'
import { badInput } from './requests.ts'
import { Refusal, type SyscallReader } from './response.ts'
import type { Pointer, Value } from './value.ts'

const POINT_CELLS = 6

type Kind = 'k1' | 'r1'

export const secpSyscalls = {
  Secp256k1New: newReader('k1', secp256k1),
  Secp256k1Add: addReader('k1', secp256k1),
  Secp256k1Mul: multiplyReader('k1', secp256k1),
  Secp256k1GetPointFromX: fromXReader('k1', secp256k1),
  Secp256k1GetXy: getXyReader('k1'),
  Secp256r1New: newReader('r1', secp256r1),
  Secp256r1Add: addReader('r1', secp256r1),
  Secp256r1Mul: multiplyReader('r1', secp256r1),
  Secp256r1GetPointFromX: fromXReader('r1', secp256r1),
  Secp256r1GetXy: getXyReader('r1'),
}

function newReader(kind: Kind, curve: Curve): SyscallReader {
  return (request, frame) => {
    const [x, y] = [request.u256(), request.u256()]
    return {
      act() {
        if (x >= curve.p || y >= curve.p) return invalidArgument()
        if (x === 0n && y === 0n) return found(frame, kind, null)
        return isOnCurve(curve, [x, y]) ? found(frame, kind, [x, y]) : [1n, 0n]
      },
    }
  }
}

function fromXReader(kind: Kind, curve: Curve): SyscallReader {
  return (request, frame) => {
    const x = request.u256()
    const isOdd = request.flag('Invalid y parity')
    return {
      act() {
        if (x >= curve.p) return invalidArgument()
        const ys = evenAndOddY(curve, x)
        return ys === null ? [1n, 0n] : found(frame, kind, [x, ys[isOdd ? 1 : 0]])
      },
    }
  }
}

function addReader(kind: Kind, curve: Curve): SyscallReader {
  return (request, frame) => {
    const [left, right] = [request.pointer(), request.pointer()]
    return {
      act() {
        needSegment(frame)
        const [p, q] = [pointAt(frame, kind, left), pointAt(frame, kind, right)]
        return [keep(frame, kind, addPoints(curve, p, q))]
      },
    }
  }
}

function multiplyReader(kind: Kind, curve: Curve): SyscallReader {
  return (request, frame) => {
    const [pointer, scalar] = [request.pointer(), request.u256()]
    return {
      act() {
        needSegment(frame)
        const point = pointAt(frame, kind, pointer)
        return [keep(frame, kind, multiplyPoint(curve, point, scalar))]
      },
    }
  }
}

function getXyReader(kind: Kind): SyscallReader {
  return (request, frame) => {
    const pointer = request.pointer()
    return {
      act() {
        const [x, y] = pointAt(frame, kind, pointer) ?? [0n, 0n]
        return [x, y].flatMap((coordinate) => [BigInt.asUintN(128, coordinate), coordinate >> 128n])
      },
    }
  }
}

function invalidArgument(): Refusal {
  return new Refusal([encodeShortString('Invalid argument')])
}

function found(frame: Frame, kind: Kind, point: Point): Value[] {
  return [0n, keep(frame, kind, point)]
}

function keep(frame: Frame, curve: Kind, point: Point): Pointer {
  frame.secpSegment ??= frame.memory.allocate()
  frame.secpPoints.push({ curve, point })
  const offset = POINT_CELLS * (frame.secpPoints.length - 1)
  return { segment: frame.secpSegment.segment, offset }
}

function pointAt(frame: Frame, curve: Kind, pointer: Pointer): Point {
  const isOurs = pointer.segment === frame.secpSegment?.segment
  const entry = isOurs ? frame.secpPoints[pointer.offset / POINT_CELLS] : undefined
  if (entry?.curve === curve) return entry.point
  throw badInput(BigInt(pointer.segment), 'Invalid Secp point address')
}

function needSegment(frame: Frame): void {
  if (frame.secpSegment === null) {
    throw hintPanic('SystemCall')
  }
}
