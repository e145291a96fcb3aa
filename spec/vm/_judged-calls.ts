/**
 * Calls of real classes, and of well-formed mutants, as a block of L1 handlers for the real Blockifier: every external
 * entry point of a class is offered as a handler, each case has a contract of its own.
 *
 * Left out is what kills or stalls the judge: impossible hints, loops, memory by the gigabyte, pointers beyond 32 bits.
 */
import { formatFelt } from '../../src/felt/felt.ts'
import { createReferenceMachine, type ReferenceMachine } from '../../src/vm/reference/machine.ts'
import { judged, ownOutput } from '../starknet/_judge.ts'
import { type RandomCall, runRandomCall } from './_calls.ts'
import type { Casm, Subject } from './_classes.ts'
import { Search } from './_fuzz.ts'
import { judgedBlock, PAID_FEE, sierraVersion } from './_judge.ts'
import { type Mutation, mutantOf, mutatedCasm, randomMutations } from './_mutants.ts'
import { Random } from './_random.ts'

interface JudgedCase {
  name: string
  casm: Casm
  call: RandomCall
}

interface Ended {
  revert_reason?: string | null
}

/** Calls that one class is searched for before the best are judged. */
const SEARCHED = 120
const MOST_CELLS = 1 << 18
/** Whole classes above this make a bundle of many megabytes. */
const MOST_WORDS = 6000
const unjudged =
  /is impossible|Vector capacity|modulus is 0|is elsewhere|no remaining steps|maximum offset value|offsets cant be/

/** Judges so many calls, and so many mutants, of some classes: differences as lines. */
export function judgeCalls(
  subjects: Subject[],
  seed: number,
  calls: number,
  mutants: number,
): { cases: number; differences: string[] } {
  const random = new Random(seed)
  const machine = createReferenceMachine()
  const cases: JudgedCase[] = []
  const searches = new Map<Subject, Search>()
  const small = subjects.filter(({ reference }) => reference.bytecode.length <= MOST_WORDS)
  if (small.length === 0) return { cases: 0, differences: [] }
  for (const [wanted, isMutant] of [
    [calls, false],
    [mutants, true],
  ] as const) {
    for (let tries = 0, made = 0; made < wanted && tries < 10 * wanted; tries++) {
      const subject = random.pick(small)
      const { corpus } = searched(searches, subject, seed)
      if (corpus.length === 0) continue
      const { call, trace } = random.pick(corpus)
      // A handler's first felt is its sender.
      if (call.type === 'constructor' || call.calldata.length === 0) continue
      const mutations = isMutant ? randomMutations(random, subject, trace) : []
      if (!isHarmless(machine, subject, mutations, call)) continue
      cases.push({ name: subject.name, casm: handlers(mutatedCasm(subject.casm, mutations)), call })
      made++
    }
  }
  const { transactions } = ownOutput(bundleOf(cases)) as { transactions: Ended[] }
  const kept = cases.filter((_, i) => !unjudged.test(transactions[i]!.revert_reason ?? ''))
  // A program that leaves its own code fails elsewhere; compiled ones never do, and we name no segment.
  const lines = judged(bundleOf(kept))
  const differences = lines.map((line) => {
    const index = Number(/^\/transactions\/(\d+)/.exec(line)?.[1] ?? -1)
    return `${kept[index]?.name ?? 'block'}: ${line}`
  })
  return { cases: kept.length, differences }
}

function searched(searches: Map<Subject, Search>, subject: Subject, seed: number): Search {
  let search = searches.get(subject)
  if (search === undefined) {
    search = new Search(subject, [subject], seed)
    search.search(SEARCHED, 0)
    searches.set(subject, search)
  }
  return search
}

function isHarmless(
  machine: ReferenceMachine,
  subject: Subject,
  mutations: Mutation[],
  call: RandomCall,
): boolean {
  const { reference } = mutations.length === 0 ? subject : mutantOf(subject, mutations)
  const main = machine.addProgram('main', reference)
  let cells = 0
  machine.onEnd = ({ memory }) => {
    for (const segment of memory.segments) cells = Math.max(cells, segment.cells.length)
  }
  const { result } = runRandomCall(machine, { ...call, pool: [0n] }, main, main)
  machine.onEnd = null
  const text = typeof result === 'string' ? '' : (result.error?.text ?? '')
  return cells <= MOST_CELLS && !unjudged.test(text)
}

/** The class with all entry points as handlers. */
function handlers(casm: Casm): Casm {
  const { EXTERNAL, L1_HANDLER } = casm.entry_points_by_type
  const known = new Set(L1_HANDLER.map(({ selector }) => BigInt(selector)))
  const added = EXTERNAL.filter(({ selector }) => !known.has(BigInt(selector)))
  return {
    ...casm,
    entry_points_by_type: { EXTERNAL, L1_HANDLER: [...L1_HANDLER, ...added], CONSTRUCTOR: [] },
  }
}

function bundleOf(cases: JudgedCase[]): unknown {
  return {
    ...judgedBlock,
    classes: cases.map(({ name, casm, call }, i) => ({
      name: `${name} ${i}`,
      class_hash: hex(0x8000 + i),
      sierra: null,
      casm,
      sierra_version: sierraVersion(call.accounting),
    })),
    contracts: cases.map((_, i) => ({
      address: hex(0x10000 + i),
      class_hash: hex(0x8000 + i),
      storage: {},
    })),
    transactions: cases.map(({ call }, i) => ({
      type: 'L1_HANDLER',
      version: '0x0',
      nonce: hex(i),
      contract_address: hex(0x10000 + i),
      entry_point_selector: formatFelt(call.selector),
      calldata: call.calldata.map(formatFelt),
      paid_fee_on_l1: PAID_FEE,
    })),
  }
}

const hex = (number: number) => `0x${number.toString(16)}`
