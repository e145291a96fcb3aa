/**
 * Random calls of a class as plain data, so that a call can be varied, shrunk and printed.
 *
 * Calldata comes from the places where code changes its mind and from the class's own constants. Storage answers with
 * values of a small pool, by a hash of the place. The addresses 0, 1 and 0x100 lead to contracts.
 */
import type { CallResult, Program } from '../../src/vm/host.ts'
import type { CaseMachine } from './_case.ts'
import type { Subject } from './_classes.ts'
import { constants, type Invocation, MemoryHost } from './_memory-host.ts'
import type { Random } from './_random.ts'

export interface RandomCall {
  type: Invocation['type']
  selector: bigint
  calldata: bigint[]
  caller: bigint
  sender: bigint
  accounting: 'gas' | 'steps'
  gas: number
  stepLimit: number
  /** What unset cells of storage hold. */
  pool: bigint[]
  /** Seed of unpredictable points. */
  seed: bigint
}

const ADDRESS = 0x100n
const OTHER_ADDRESS = 1n
/** Loops end by this many polls of the host, every 4096 steps, in gas mode too. */
const MAX_POLLS = 4

/** What calls of a class may call, and the felts that its code compares with. */
export interface Vocabulary {
  entries: [Invocation['type'], bigint][]
  felts: bigint[]
}

/** Collects the entry points and constants of a class. */
export function vocabularyOf({ casm, reference }: Subject): Vocabulary {
  const { EXTERNAL, L1_HANDLER, CONSTRUCTOR } = casm.entry_points_by_type
  const felts = new Set<bigint>()
  for (const [pc, word] of reference.bytecode.entries()) {
    const isImmediate = word < 1n << 66n && ((word >> 50n) & 7n) === 1n
    const felt = reference.bytecode[pc + 1]
    if (isImmediate && felt !== undefined && felts.size < 2000) felts.add(felt)
  }
  return {
    entries: [
      ...EXTERNAL.map(({ selector }) => ['external', BigInt(selector)] as const),
      ...L1_HANDLER.map(({ selector }) => ['l1Handler', BigInt(selector)] as const),
      ...CONSTRUCTOR.map(({ selector }) => ['constructor', BigInt(selector)] as const),
    ].map(([type, selector]) => [type, selector]),
    felts: [...felts],
  }
}

/** A new random call. */
export function randomCall(random: Random, words: Vocabulary): RandomCall {
  const [type, selector] = random.pick(words.entries)
  const accounting = random.pick(['gas', 'steps'] as const)
  const length = random.chance(0.95) ? random.below(14) : random.below(120)
  return {
    type,
    selector,
    calldata: Array.from({ length }, () => randomFelt(random, words)),
    caller: random.chance(0.5) ? 0n : random.felt(),
    sender: random.chance(0.5) ? ADDRESS : random.felt(),
    accounting,
    gas: randomGas(random, accounting),
    stepLimit: random.pick([100, 1000, 4000, 4000, 4000, 20_000]),
    pool: randomPool(random),
    seed: random.bigBits(250),
  }
}

/** The same call but for some of its parts; `other` lends parts of its own. */
export function varyCall(
  random: Random,
  words: Vocabulary,
  call: RandomCall,
  other: RandomCall,
): RandomCall {
  const varied = { ...call, calldata: [...call.calldata] }
  const { calldata } = varied
  for (let i = random.pick([1, 1, 2, 3, 5]); i > 0; i--) {
    const at = random.below(calldata.length + 1)
    switch (random.below(14)) {
      case 0:
      case 1:
      case 2:
        if (at < calldata.length) calldata[at] = randomFelt(random, words)
        break
      case 3:
        if (at < calldata.length) {
          const near = calldata[at]! + BigInt(random.between(-2, 2))
          if (near >= 0n && near < 1n << 251n) calldata[at] = near
        }
        break
      case 4:
      case 5:
        calldata.splice(at, 0, randomFelt(random, words))
        break
      case 6:
        calldata.splice(at, random.between(1, 3))
        break
      case 7:
        if (at < calldata.length) calldata.splice(at, 0, calldata[at]!)
        break
      case 8:
        calldata.splice(at, calldata.length, ...other.calldata.slice(at))
        break
      case 9:
        varied.pool = random.chance(0.5) ? randomPool(random) : other.pool
        break
      case 10:
        varied.accounting = random.pick(['gas', 'steps'] as const)
        varied.gas = randomGas(random, varied.accounting)
        break
      case 11:
        varied.caller = random.chance(0.5) ? 0n : randomFelt(random, words)
        varied.sender = random.chance(0.5) ? ADDRESS : randomFelt(random, words)
        break
      case 12:
        varied.stepLimit = random.pick([100, 1000, 4000, 20_000])
        break
      default:
        if (random.chance(0.3)) [varied.type, varied.selector] = random.pick(words.entries)
    }
  }
  return varied
}

/** Runs it on one machine, which knows the two classes as these programs. */
export function runRandomCall(
  machine: CaseMachine,
  call: RandomCall,
  main: Program,
  other: Program,
): { result: CallResult | string; host: MemoryHost } {
  const { pool } = call
  const programs = new Map([
    ['main', main],
    ['other', other],
  ])
  const host = new MemoryHost(machine, programs, {
    storage: new Map(),
    anyStorage: (address, key) => pool[Number((address ^ key) % 1009n) % pool.length]!,
    classes: new Map([
      [ADDRESS, 'main'],
      [0n, 'other'],
      [OTHER_ADDRESS, 'other'],
      [2n, 'main'],
    ]),
    declared: new Map([
      [1n, 'main'],
      [2n, 'other'],
    ]),
    sender: call.sender,
    chainId: 0x534e5f4d41494en,
  })
  host.stopAtPoll = MAX_POLLS
  machine.begin(constants, host, call.seed)
  const { type, selector, calldata, caller, accounting, stepLimit } = call
  const gas = accounting === 'gas' ? call.gas : 10_000_000_000
  const key = 'main'
  const result = host.invoke({
    address: ADDRESS,
    key,
    type,
    selector,
    calldata,
    caller,
    gas,
    accounting,
    stepLimit,
  })
  return { result, host }
}

/** Lengths of lists, flags, addresses and selectors that exist, constants of the class, and any felts. */
function randomFelt(random: Random, { entries, felts }: Vocabulary): bigint {
  const kind = random.below(16)
  if (kind < 6) return BigInt(random.below(4))
  if (kind < 8) return BigInt(random.below(20))
  if (kind === 8) return random.pick(entries)[1]
  if (kind === 9) return ADDRESS
  if (kind < 12 && felts.length > 0) return random.pick(felts)
  if (kind < 14) return random.bigBits(random.pick([8, 32, 64, 128]))
  return random.felt()
}

function randomGas(random: Random, accounting: 'gas' | 'steps'): number {
  if (accounting === 'steps') return 10_000_000_000
  if (random.chance(0.15)) return random.below(random.pick([20_000, 500_000]))
  return random.pick([3_000_000, 3_000_000, 30_000_000, 200_000_000])
}

function randomPool(random: Random): bigint[] {
  if (random.chance(0.3)) return [0n]
  const felts = [random.bigBits(64), random.bigBits(128), random.felt()]
  return [0n, 0n, 1n, 2n, 100n, ADDRESS, ...felts]
}
