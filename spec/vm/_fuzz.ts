/**
 * Random calls of one class on both machines, and of mutants of it, guided by coverage.
 *
 *     corpus of calls ── vary ──▶ call ──▶ fast machine, reference ──▶ compare all they left
 *           ▲                                     │ reached a new pc
 *           └─────────────────────────────────────┘
 *
 * Every run is compared. What a class is asked depends on the seed and its name alone, so `FUGUE_SEED` with
 * `FUGUE_CLASS` repeats a failure; it is shrunk to one small call before it is shown.
 */
import { type BuiltinName, builtinNames, type CallResult } from '../../src/vm/host.ts'
import type { Frame } from '../../src/vm/reference/frame.ts'
import {
  type RandomCall,
  randomCall,
  runRandomCall,
  type Vocabulary,
  varyCall,
  vocabularyOf,
} from './_calls.ts'
import type { CaseMachine } from './_case.ts'
import type { Subject } from './_classes.ts'
import { compare, createPair } from './_compare.ts'
import { type Mutation, mutantOf, randomMutations } from './_mutants.ts'
import { Random } from './_random.ts'

/** What the search over one class came to. */
export interface Found {
  name: string
  calls: number
  mutants: number
  /** Instructions that calls executed, and all there are. */
  executed: number
  instructions: number
  /** The first difference, shrunk; empty when there is none. */
  difference: string
}

/** A call that reached what none before it had, the program counters that it passed, and how long it takes. */
interface Entry {
  call: RandomCall
  trace: number[]
  cost: number
}

const CALLS_PER_MUTANT = 4
const FRESH_SHARE = 0.15
const SHRINK_TRIES = 300
/** Costs above this, in steps, are seldom paid again; hashes take the reference longer than steps. */
const HIGH_COST = 10_000
const MEAN_COST = 1_500
const hashCosts: Partial<Record<BuiltinName, number>> = {
  pedersen: 1000,
  poseidon: 1000,
  ec_op: 10_000,
}

/** One for all searches: it costs, and what one call leaves another would find. */
let pair = createPair()

/** Searches a class; `others` may be found at other addresses. */
export class Search {
  readonly #subject: Subject
  readonly #others: Subject[]
  readonly #words: Vocabulary
  readonly #random: Random
  readonly #corpus: Entry[] = []
  readonly #seen: Uint8Array
  /** The number of the run that passed a pc last. */
  readonly #stamps: Int32Array
  #run = 0
  #calls = 0
  #mutants = 0
  /** Of the last call, and of all. */
  #cost = 0
  #costs = 0

  constructor(subject: Subject, others: Subject[], seed: number) {
    this.#subject = subject
    this.#others = others
    this.#words = vocabularyOf(subject)
    this.#random = new Random(seed ^ hashOf(subject.name))
    const { length } = subject.reference.bytecode
    this.#seen = new Uint8Array(length + 2)
    this.#stamps = new Int32Array(length + 2)
  }

  /** Compares so many calls, and so many calls of mutants; stops at the first difference. */
  search(calls: number, mutants: number): Found {
    let difference = ''
    for (let i = 0; i < calls && difference === ''; i++) difference = this.#compareCall()
    for (let i = 0; i < mutants && difference === ''; i += CALLS_PER_MUTANT) {
      difference = this.#compareMutant()
    }
    const starts = instructionStarts(this.#subject.reference.bytecode)
    return {
      name: this.#subject.name,
      calls: this.#calls,
      mutants: this.#mutants,
      executed: starts.filter((pc) => this.#seen[pc] === 1).length,
      instructions: starts.length,
      difference,
    }
  }

  /** The calls that reached something new, with the program counters that they passed. */
  get corpus(): readonly { call: RandomCall; trace: number[] }[] {
    return this.#corpus
  }

  #compareCall(): string {
    const random = this.#random
    const other = random.pick(this.#others)
    const call = this.#nextCall()
    const trace: number[] = []
    let isNew = false
    const stamp = ++this.#run
    const onStep = ({ program, pc }: Frame) => {
      if (program !== this.#subject.reference || pc.segment !== 0) return
      if (this.#stamps[pc.offset] === stamp) return
      this.#stamps[pc.offset] = stamp
      trace.push(pc.offset)
      if (this.#seen[pc.offset] === 1) return
      this.#seen[pc.offset] = 1
      isNew = true
    }
    const found = this.#differences(this.#subject, other, call, onStep)
    this.#calls++
    this.#costs += this.#cost
    if (isNew) this.#corpus.push({ call, trace, cost: this.#cost })
    return found.length === 0 ? '' : this.#report(call, [], other, found)
  }

  #compareMutant(): string {
    const random = this.#random
    if (this.#corpus.length === 0) return ''
    const { call, trace } = random.pick(this.#corpus)
    const other = random.pick(this.#others)
    const mutations = randomMutations(random, this.#subject, trace)
    const mutant = mutantOf(this.#subject, mutations)
    for (let i = 0; i < CALLS_PER_MUTANT; i++) {
      const next =
        i === 0 ? call : varyCall(random, this.#words, call, random.pick(this.#corpus).call)
      const found = this.#differences(mutant, other, next)
      this.#mutants++
      if (found.length > 0) return this.#report(next, mutations, other, found)
    }
    return ''
  }

  /** A class whose calls cost much gets short ones. */
  #nextCall(): RandomCall {
    const call = this.#anyCall()
    if (this.#costs < (this.#calls + 10) * MEAN_COST || this.#random.chance(0.02)) return call
    const { gas, stepLimit } = call
    return { ...call, gas: Math.min(gas, 150_000), stepLimit: Math.min(stepLimit, 300) }
  }

  #anyCall(): RandomCall {
    const random = this.#random
    const corpus = this.#corpus
    if (corpus.length === 0 || random.chance(FRESH_SHARE)) return randomCall(random, this.#words)
    // New entries lead on; old ones may still have neighbours.
    const recent = Math.max(0, corpus.length - 12)
    const { call, cost } = random.chance(0.4)
      ? corpus[random.between(recent, corpus.length - 1)]!
      : random.pick(corpus)
    if (cost > HIGH_COST && random.chance(0.8)) return randomCall(random, this.#words)
    return varyCall(random, this.#words, call, random.pick(corpus).call)
  }

  #differences(
    main: Subject,
    other: Subject,
    call: RandomCall,
    onStep: ((frame: Frame) => void) | null = null,
  ): string[] {
    pair.reference.onStep = onStep
    try {
      return compare(pair, (machine) => {
        const ran = runOn(machine, main, other, call)
        if (typeof ran.result !== 'string') this.#cost = costOf(ran.result)
        return ran
      })
    } catch (error) {
      // A machine that throws is broken, whatever the call.
      pair = createPair()
      return [`threw ${(error as Error).stack}`]
    } finally {
      pair.reference.onStep = null
    }
  }

  /** Makes a failing call small, and says what repeats it. */
  #report(call: RandomCall, mutations: Mutation[], other: Subject, first: string[]): string {
    let [smallCall, smallMutations, found] = [call, mutations, first]
    const attempt = (nextCall: RandomCall, nextMutations: Mutation[]): boolean => {
      const mutant =
        nextMutations.length === 0 ? this.#subject : mutantOf(this.#subject, nextMutations)
      const differences = this.#differences(mutant, other, nextCall)
      if (differences.length === 0) return false
      ;[smallCall, smallMutations, found] = [nextCall, nextMutations, differences]
      return true
    }
    let tries = 0
    for (let isSmaller = true; isSmaller && tries < SHRINK_TRIES; ) {
      isSmaller = false
      for (const [nextCall, nextMutations] of simpler(smallCall, smallMutations)) {
        if (++tries > SHRINK_TRIES) break
        if (attempt(nextCall, nextMutations)) {
          isSmaller = true
          break
        }
      }
    }
    const shown = JSON.stringify({ ...smallCall, mutations: smallMutations }, (_, value) =>
      typeof value === 'bigint' ? `0x${value.toString(16)}` : value,
    )
    return `${this.#subject.name}, ${other.name} elsewhere\n${shown}\n${found.join('\n')}`
  }
}

/** Simpler versions of a failing call, boldest first. */
function* simpler(call: RandomCall, mutations: Mutation[]): Generator<[RandomCall, Mutation[]]> {
  for (let i = 0; i < mutations.length; i++) yield [call, mutations.toSpliced(i, 1)]
  const { calldata } = call
  for (let size = calldata.length; size >= 1; size >>= 1) {
    for (let at = 0; at + size <= calldata.length; at += size) {
      yield [{ ...call, calldata: calldata.toSpliced(at, size) }, mutations]
    }
  }
  for (let i = 0; i < calldata.length; i++) {
    for (const felt of [0n, 1n]) {
      if (calldata[i]! > felt) yield [{ ...call, calldata: calldata.with(i, felt) }, mutations]
    }
  }
  if (call.pool.length > 1) yield [{ ...call, pool: [0n] }, mutations]
  if (call.caller !== 0n) yield [{ ...call, caller: 0n }, mutations]
  if (call.sender !== 0n) yield [{ ...call, sender: 0n }, mutations]
}

function runOn(machine: CaseMachine, main: Subject, other: Subject, call: RandomCall) {
  const { fast, reference } = pair
  if (machine === fast) return runRandomCall(fast, call, main.fast, other.fast)
  const mainProgram = reference.addProgram('main', main.reference)
  const otherProgram = reference.addProgram('other', other.reference)
  return runRandomCall(reference, call, mainProgram, otherProgram)
}

function costOf({ steps, builtins }: CallResult): number {
  return builtinNames.reduce((sum, name, i) => sum + (hashCosts[name] ?? 0) * builtins[i]!, steps)
}

/** Program counters of instructions, as compilers lay them out: one after the other. */
function instructionStarts(bytecode: bigint[]): number[] {
  const starts: number[] = []
  for (let pc = 0; pc < bytecode.length; ) {
    starts.push(pc)
    pc += ((bytecode[pc]! >> 50n) & 7n) === 1n ? 2 : 1
  }
  return starts
}

function hashOf(text: string): number {
  let hash = 0
  for (const letter of text) hash = (Math.imul(hash, 31) + letter.charCodeAt(0)) | 0
  return hash
}
