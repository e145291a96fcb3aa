/**
 * Random blocks of every type: the transactions of a golden block, drawn at random and damaged: other arguments, classes,
 * nonces, bounds, prices, signatures, with and without validation and fee.
 */
import { Random } from '../../src/lab/random.ts'
import { rawBundle } from './_random-block.ts'

type Bounds = Record<string, { max_amount: string; max_price_per_unit: string }>

interface RawTransaction {
  type: string
  transaction_hash?: string
  note?: string
  version: string
  nonce: string
  sender_address?: string
  contract_address?: string
  class_hash?: string
  compiled_class_hash?: string
  contract_class?: unknown
  contract_address_salt?: string
  entry_point_selector?: string
  paid_fee_on_l1?: string
  calldata?: string[]
  constructor_calldata?: string[]
  signature?: string[]
  resource_bounds?: Bounds
}

interface RawContract {
  address: string
  class_hash?: string
  nonce?: string
}

const felts = [0, 1, 2, 5, 8, 32, 64, 128, 250].map((bits) => hex((1n << BigInt(bits)) - 1n))
const l2Amounts = [
  100_000, 520_000, 600_000, 700_000, 1_000_000, 2_000_000, 50_000_000, 900_000_000,
]
const dataAmounts = [0, 100, 128, 160, 192, 256]

/** A block of `count` transactions of all types on the state of a golden block. */
export function randomMix(name: string, seed: number, count: number): unknown {
  const random = new Random(seed)
  const bundle = rawBundle(name)
  const contracts = bundle.contracts as RawContract[]
  const addresses = contracts.flatMap(({ address, class_hash }) => (class_hash ? [address] : []))
  const classes = bundle.classes.flatMap(({ class_hash }) => (class_hash ? [class_hash] : []))
  const originals = bundle.transactions as unknown as RawTransaction[]
  const nonces = new Map(contracts.map(({ address, nonce }) => [address, BigInt(nonce ?? 0)]))
  // Without flags the fee is charged unless all prices are 0; with them it is charged, or not.
  const flags = random.pick([
    undefined,
    { validate: false, charge_fee: false },
    { validate: true, charge_fee: false },
    { validate: false, charge_fee: true },
  ])
  const transactions = Array.from({ length: count }, () => {
    const { transaction_hash, note, ...transaction } = structuredClone(random.pick(originals))
    damage(transaction, random, addresses, classes)
    const { resource_bounds, sender_address } = transaction
    if (resource_bounds) damageBounds(resource_bounds, random, flags)
    if (sender_address !== undefined) {
      const nonce = nonces.get(sender_address) ?? 0n
      transaction.nonce = hex(random.oneIn(15) ? nonce + 1n : nonce)
      nonces.set(sender_address, random.oneIn(4) ? nonce : nonce + 1n)
    }
    return transaction
  })
  return { ...bundle, transactions, ...(flags && { flags }) }
}

function damage(
  transaction: RawTransaction,
  random: Random,
  addresses: string[],
  classes: string[],
): void {
  const some = (list: string[]) =>
    list
      .map((felt) => (random.oneIn(5) ? random.pick(felts) : felt))
      .filter(() => !random.oneIn(30))
  if (transaction.calldata && random.oneIn(3)) transaction.calldata = some(transaction.calldata)
  if (transaction.signature && random.oneIn(10)) transaction.signature = some(transaction.signature)
  switch (transaction.type) {
    case 'L1_HANDLER':
      if (random.oneIn(10)) transaction.entry_point_selector = random.pick(felts)
      if (random.oneIn(10)) transaction.contract_address = random.pick(addresses)
      if (random.oneIn(5)) transaction.paid_fee_on_l1 = random.pick(['0x0', '0x1'])
      return
    case 'DEPLOY_ACCOUNT': {
      if (random.oneIn(2)) transaction.contract_address_salt = hex(BigInt(random.below(1000)))
      if (random.oneIn(2)) transaction.class_hash = random.pick([...classes, '0x1234'])
      const calldata = transaction.constructor_calldata!
      if (random.oneIn(3)) transaction.constructor_calldata = some([...calldata, '0x1'])
      transaction.nonce = random.oneIn(12) ? '0x1' : '0x0'
      return
    }
    case 'DECLARE':
      if (random.oneIn(8)) transaction.sender_address = random.pick(addresses)
      if (transaction.contract_class !== undefined) return
      if (random.oneIn(3)) transaction.class_hash = random.pick(classes)
      if (random.oneIn(5)) transaction.compiled_class_hash = '0x1234'
      return
    default:
      if (random.oneIn(8)) transaction.sender_address = random.pick(addresses)
      if (random.oneIn(25)) transaction.version = hex(3n + (1n << 128n))
  }
}

function damageBounds(
  bounds: Bounds,
  random: Random,
  flags: { charge_fee: boolean } | undefined,
): void {
  const amounts = flags === undefined ? [0, ...l2Amounts] : l2Amounts
  // Bounds of the old form have no L2 gas.
  if (bounds.l1_data_gas) {
    if (random.oneIn(4)) bounds.l2_gas!.max_amount = hex(BigInt(random.pick(amounts)))
    if (random.oneIn(15)) bounds.l2_gas!.max_price_per_unit = '0x1'
    if (random.oneIn(10)) bounds.l1_data_gas.max_amount = hex(BigInt(random.pick(dataAmounts)))
  }
  if (flags?.charge_fee || !random.oneIn(20)) return
  for (const bound of Object.values(bounds)) bound.max_price_per_unit = '0x0'
}

function hex(felt: bigint): string {
  return `0x${felt.toString(16)}`
}
