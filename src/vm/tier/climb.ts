/**
 * How far ap rises: what a function adds to it until its `ret`, and how low its operands can reach.
 *
 * ap never falls within a function, so each way through it gives a least rise; where all ways agree the rise is exact, and
 * a caller knows where ap is behind a call.
 */
import { type CairoFunction, successors } from './flow.ts'
import { type Instruction, type Place, placesOf } from './instruction.ts'

/** Cells that ap is above fp at every `ret`: at least, and exactly or -1. */
export interface Climb {
  least: number
  exact: number
}

/** Calls within calls that are looked into. */
const MOST_DEPTH = 100

const unknown: Climb = { least: 0, exact: -1 }

/** Climbs of functions, by start. */
export class Climbs {
  private readonly functions: Map<number, CairoFunction>
  private readonly known = new Map<number, Climb>()
  private depth = 0

  constructor(functions: readonly CairoFunction[]) {
    this.functions = new Map(functions.map((one) => [one.start, one]))
  }

  of(start: number): Climb {
    const found = this.known.get(start)
    if (found !== undefined) return found
    const fn = this.functions.get(start)
    if (this.depth === MOST_DEPTH) return unknown
    // A function that is being looked at calls itself: nothing is known of that call.
    this.known.set(start, unknown)
    if (fn === undefined) return unknown
    let least = Number.POSITIVE_INFINITY
    const rises = new Set<number>()
    this.depth++
    this.walk(
      fn,
      () => {},
      (climb) => {
        least = Math.min(least, climb.least)
        rises.add(climb.exact)
      },
    )
    this.depth--
    const exact = rises.size === 1 ? [...rises][0]! : -1
    const result = rises.size === 0 ? unknown : { least, exact }
    this.known.set(start, result)
    return result
  }

  /** The lowest offset from fp that an operand of the function can have. */
  lowest(fn: CairoFunction, hintPlaces: (pc: number) => Place[]): number {
    let lowest = -2
    this.walk(
      fn,
      (one, { least }) => {
        for (const { isFp, offset } of [...hintPlaces(one.pc), ...placesOf(one)]) {
          lowest = Math.min(lowest, isFp ? offset : least + offset)
        }
      },
      () => {},
    )
    return lowest
  }

  /** Tells each instruction with ap before it, and ap at each `ret`. */
  private walk(
    { blocks, order, backward }: CairoFunction,
    visit: (one: Instruction, ap: Climb) => void,
    end: (ap: Climb) => void,
  ): void {
    const arrivals: (Climb | undefined)[] = [{ least: 0, exact: 0 }]
    blocks.forEach((block, index) => {
      // A block that is jumped back to may be reached in ways that are not seen yet.
      let ap = backward.includes(index) ? unknown : (arrivals[index] ?? unknown)
      for (const one of block.instructions) {
        visit(one, ap)
        if (one.kind === 'return') end(ap)
        ap = this.after(one, ap)
      }
      for (const pc of successors(block)) {
        const target = order.get(pc) ?? -1
        if (target <= index) continue
        const before = arrivals[target]
        arrivals[target] =
          before === undefined
            ? ap
            : {
                least: Math.min(before.least, ap.least),
                exact: before.exact === ap.exact ? ap.exact : -1,
              }
      }
    })
  }

  private after(one: Instruction, ap: Climb): Climb {
    let rise = one.apPlus
    if (one.kind === 'advance') rise += one.count
    if (one.kind !== 'call') return raised(ap, rise)
    const callee = this.of(one.target)
    const isKnown = ap.exact >= 0 && callee.exact >= 0
    return climb(ap.least + 2 + callee.least, isKnown ? ap.exact + 2 + callee.exact : -1)
  }
}

/** A rise beyond this counts as unknown: chains of calls double it. */
const MOST_CELLS = 1 << 20

function raised({ least, exact }: Climb, rise: number): Climb {
  return climb(least + rise, exact < 0 ? -1 : exact + rise)
}

function climb(least: number, exact: number): Climb {
  return { least: Math.min(least, MOST_CELLS), exact: exact > MOST_CELLS ? -1 : exact }
}
