/**
 * Random blocks on the state of a golden one: its accounts send its calls, with arguments, receivers, selectors and bounds
 * changed here and there. They come as bundles, so that the real Blockifier can run them too.
 */
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { P } from '../../src/felt/felt.ts'
import { Random } from '../../src/lab/random.ts'
import { vectorPath } from '../vectors.ts'

interface Call {
  to: bigint
  selector: bigint
  calldata: bigint[]
}

interface RawTransaction {
  type: string
  sender_address: string
  nonce: string
  calldata: string[]
  tip: string
  signature: string[]
  resource_bounds: Record<string, { max_amount: string; max_price_per_unit: string }>
  transaction_hash?: string
  note?: string
  proof_facts?: string[]
}

interface RawBundle {
  classes: { class_hash?: string; sierra: unknown; casm: unknown }[]
  contracts: { address: string; nonce?: string }[]
  transactions: RawTransaction[]
  flags?: { validate: boolean; charge_fee: boolean }
}

/** Felts at the edges of the types that contracts take apart. */
const edges = [0, 1, 2, 3, 8, 16, 31, 32, 63, 64, 127, 128, 160, 200, 250, 251]
  .map((bits) => 1n << BigInt(bits))
  .flatMap((felt) => [felt - 1n, felt, felt + 1n])
  .concat([P - 1n, P - 2n, 17n, 50n, 51n, 300n, 0xdeadn])

const l2Amounts = [200_000_000n, 200_000_000n, 30_000_000n, 5_000_000n, 1_200_000n, 650_000n]
const oldAmounts = [40_000n, 60_000n, 100_000n]
const dataAmounts = [128n, 192n, 224n, 300n]
const l1Amounts = [0n, 10n, 30_000n]

/** The JSON of a golden bundle, to be changed: its own copy, with absolute paths. */
export function rawBundle(name: string): RawBundle {
  const file = vectorPath(`golden/${name}.bundle.json`)
  const bundle = JSON.parse(readFileSync(file, 'utf8')) as RawBundle
  for (const entry of bundle.classes) {
    entry.sierra = absolute(entry.sierra, file)
    entry.casm = absolute(entry.casm, file)
  }
  return bundle
}

/** A block of `count` invokes on the state of a golden block. No signature is checked. */
export function randomBlock(name: string, seed: number, count: number): RawBundle {
  const random = new Random(seed)
  const bundle = rawBundle(name)
  const invokes = bundle.transactions.filter(({ type }) => type === 'INVOKE')
  const template = invokes.find(({ resource_bounds }) => 'l1_data_gas' in resource_bounds)!
  const corpus = invokes.flatMap(({ calldata }) => callsOf(calldata.map(BigInt)))
  const nonces = new Map(
    invokes.map(({ sender_address }) => {
      const contract = bundle.contracts.find(({ address }) => address === sender_address)
      return [sender_address, BigInt(contract?.nonce ?? 0)]
    }),
  )
  const felts = [
    ...bundle.contracts.map(({ address }) => BigInt(address)),
    ...bundle.classes.map((entry) => BigInt(entry.class_hash ?? 0)),
    ...corpus.map(({ selector }) => selector),
  ]
  const senders = [...nonces.keys()]
  bundle.transactions = Array.from({ length: count }, () => {
    const sender = random.pick(senders)
    const nonce = nonces.get(sender)!
    nonces.set(sender, nonce + 1n)
    const length = random.oneIn(4) ? random.below(4) : 1
    const calls = Array.from({ length }, () => changed(random.pick(corpus), random, felts))
    return transaction(template, sender, nonce, calls, random)
  })
  bundle.flags = { validate: false, charge_fee: true }
  return bundle
}

function transaction(
  template: RawTransaction,
  sender: string,
  nonce: bigint,
  calls: Call[],
  random: Random,
): RawTransaction {
  const { transaction_hash, note, proof_facts, ...kept } = structuredClone(template)
  const bounds = kept.resource_bounds
  bounds.l2_gas!.max_amount = hex(random.pick(l2Amounts))
  if (random.oneIn(10)) bounds.l1_data_gas!.max_amount = hex(random.pick(dataAmounts))
  if (random.oneIn(20)) bounds.l1_gas!.max_amount = hex(random.pick(l1Amounts))
  if (random.oneIn(10)) {
    delete bounds.l1_data_gas
    bounds.l2_gas = { max_amount: '0x0', max_price_per_unit: '0x0' }
    bounds.l1_gas!.max_amount = hex(random.pick(oldAmounts))
  }
  const calldata = calls.flatMap((call) => [
    call.to,
    call.selector,
    BigInt(call.calldata.length),
    ...call.calldata,
  ])
  return {
    ...kept,
    sender_address: sender,
    nonce: hex(nonce),
    calldata: [BigInt(calls.length), ...calldata].map(hex),
    tip: hex(random.pick([0n, 0n, 1n, 1_000_000n])),
    signature: random.oneIn(2) ? [] : ['0x1', '0x2'],
  }
}

/** A call of the corpus, half of the time with other felts here and there. */
function changed(call: Call, random: Random, felts: bigint[]): Call {
  if (random.oneIn(2)) return call
  const calldata = call.calldata.map((felt) => {
    if (!random.oneIn(4)) return felt
    return random.oneIn(2) ? random.pick(edges) : random.oneIn(2) ? felt + 1n : random.pick(felts)
  })
  if (random.oneIn(8)) calldata.pop()
  if (random.oneIn(8)) calldata.push(random.pick(edges))
  return {
    to: random.oneIn(30) ? random.pick(felts) : call.to,
    selector: random.oneIn(30) ? random.pick(felts) : call.selector,
    calldata: calldata.map((felt) => felt % P),
  }
}

/** The calls in the calldata of an account's `__execute__`. */
function callsOf(calldata: bigint[]): Call[] {
  const calls: Call[] = []
  let at = 1
  for (let i = 0n; i < calldata[0]! && at + 2 < calldata.length; i++) {
    const end = at + 3 + Number(calldata[at + 2])
    if (end > calldata.length) break
    calls.push({
      to: calldata[at]!,
      selector: calldata[at + 1]!,
      calldata: calldata.slice(at + 3, end),
    })
    at = end
  }
  return calls
}

function absolute(source: unknown, file: string): unknown {
  return typeof source === 'string' ? resolve(dirname(file), source) : source
}

function hex(felt: bigint): string {
  return `0x${felt.toString(16)}`
}
