/**
 * `npm run bench -- kernels [--json FILE]`: nanoseconds of one operation of each kernel, warm, median.
 *
 * Inputs change from call to call where a memo or a cache would know them; `/memo` rows are the answers of memos. `ec-op` is
 * P + m Q of a blinded P and a Q never seen before. `start` is the processor time of all tables, `start/thread` what one
 * more thread takes to attach to them.
 */
import { parseArgs } from 'node:util'
import { CELL_LONGS, writeCells } from '../src/felt/cell.ts'
import { attachCrypto, batchHashes, type Crypto, createCryptoMemory } from '../src/felt/crypto.ts'
import { GENERATOR, PEDERSEN_POINTS } from '../src/felt/curve.ts'
import { publicPoint, verifySignature } from '../src/felt/ecdsa.ts'
import { P } from '../src/felt/felt.ts'
import { useCrypto } from '../src/felt/hash.ts'
import { SECP256K1, SECP256R1 } from '../src/felt/secp-constants.ts'
import { medianNs, report } from './_rows.ts'

export async function run(args: string[]): Promise<void> {
  parseArgs({ args, options: { json: { type: 'string' } } })
  const start = process.cpuUsage()
  const memory = createCryptoMemory(2)
  const { user, system } = process.cpuUsage(start)
  const crypto = attachCrypto(memory, 0)
  useCrypto(crypto)
  const attachNs = await medianNs(() => void attachCrypto(memory, 1))
  const rows = [
    { name: 'start', nsPerOp: (user + system) * 1000 },
    { name: 'start/thread', nsPerOp: round(attachNs) },
  ]
  // One at a time: each finds its inputs where the one before it had its own.
  for (const [name, call, share = 1] of operations(crypto)) {
    rows.push({ name, nsPerOp: round((await medianNs(call)) / share) })
  }
  report('kernels', rows, args)
}

/** Name, call, and how many operations a call is. */
function* operations(crypto: Crypto): Generator<[string, () => void, number?]> {
  const { scratch, cells } = crypto
  const at = scratch >> 3
  const out = scratch + 512 * 32
  /** Another felt in each of `count` cells: no row of a table is in a cache because the call before used it. */
  const change = (first: number, count: number) => {
    const { words } = crypto
    let mixed = turn++
    for (let word = 2 * at + first * 8; word < 2 * at + (first + count) * 8; word++) {
      mixed = (Math.imul(mixed, 0x6c8e9cf5) + words[word]!) ^ (mixed >>> 15)
      // The fourth word of a cell has the tag and the top of the felt, which stays below P.
      words[word] = (word & 7) === 3 ? (mixed & 0x07ffffff) | 0x80000000 : mixed
    }
  }
  let turn = 0
  const fill = (felts: bigint[]) => writeCells(cells, at, felts)
  const felts = Array.from({ length: 2 * batchHashes }, (_, i) => P / BigInt(i + 3))

  // Exports for specs and benches only. The residue that they change is never 0.
  const field = crypto as unknown as Record<string, (...addresses: number[]) => void>
  fill(felts)
  field.f29FromCell!(scratch + 1024, scratch)
  yield ['f29-mul', () => field.f29Mul!(scratch + 1024, scratch + 1024, scratch + 1024)]
  yield ['f29-square', () => field.f29Square!(scratch + 1024, scratch + 1024)]
  yield ['f29-invert', () => field.f29Invert!(scratch + 1024, scratch + 1024, scratch + 2048)]

  fill(felts)
  yield [
    'pedersen',
    () => {
      change(0, 2)
      crypto.pedersen(scratch, scratch + 32, out)
    },
  ]
  yield ['pedersen/memo', () => void crypto.pedersen(scratch, scratch + 32, out)]
  yield [
    'pedersen-batch',
    () => {
      change(0, 2 * batchHashes)
      crypto.pedersenBatch(scratch, batchHashes, out)
    },
    batchHashes,
  ]
  yield ['poseidon', () => crypto.poseidonPermute(scratch)]

  const [p, q] = [PEDERSEN_POINTS[0]!, PEDERSEN_POINTS[1]!]
  // More points in turn than there are places for tables, so that none is ever known.
  const strangers = Array.from({ length: 300 }, (_, i) => publicPoint(BigInt(i + 2)))
  fill([p.x, p.y, q.x, q.y, P / 3n])
  yield [
    'ec-op',
    () => {
      const stranger = strangers[turn++ % strangers.length]!
      writeCells(cells, at + 2 * CELL_LONGS, [stranger.x, stranger.y])
      change(4, 1)
      crypto.ecOp(scratch, out, 1)
    },
  ]
  for (const [name, base, blinded] of [
    ['ec-op/exact', q, 0],
    ['ec-op/known-base', q, 1],
    ['ec-op/generator', GENERATOR, 1],
  ] as const) {
    fill([p.x, p.y, base.x, base.y, P / 3n])
    yield [
      name,
      () => {
        change(4, 1)
        crypto.ecOp(scratch, out, blinded)
      },
    ]
  }
  yield ['ec-op/memo', () => void crypto.ecOp(scratch, out, 1)]
  yield [
    'field-sqrt',
    () => {
      change(0, 1)
      crypto.fieldSqrt(scratch, out)
    },
  ]

  // More keys in turn than the memo of square roots holds.
  const keys = Array.from({ length: 20_000 }, (_, i) => publicPoint(BigInt(i + 2)).x)
  const signature = [P / 5n, P / 7n] as const
  yield [
    'ecdsa-verify',
    () => void verifySignature(keys[turn++ % keys.length]!, P / 11n, ...signature),
  ]

  for (const [name, curve, { x, y }] of [
    ['secp-mul', 0, SECP256K1.generator],
    ['secp-mul/r1', 1, SECP256R1.generator],
  ] as const) {
    const [point, first] = [scratch + 1024, scratch + 2048]
    fill(halves([x, y]))
    crypto.secpNew(curve, scratch, first)
    fill(halves([P * 13n]))
    // Each point is a multiple of the one before, by another scalar.
    crypto.secpMul(curve, first, scratch, point)
    yield [
      name,
      () => {
        change(0, 2)
        crypto.secpMul(curve, point, scratch, point)
      },
    ]
    yield [name.replace('mul', 'add'), () => void crypto.secpAdd(curve, point, first, point)]
    const xOf = scratch + 3072
    fill(halves([x]))
    yield [name.replace('mul', 'from-x'), () => void crypto.secpFromX(curve, scratch, 1, xOf)]
  }

  yield ['keccak-f', () => crypto.keccakF(scratch)]
  fill(Array.from({ length: 24 }, (_, i) => BigInt(i * 0x9e3779b)))
  yield ['sha256', () => crypto.sha256Block(scratch, scratch + 256, out)]
  yield ['sha512', () => crypto.sha512Block(scratch, scratch + 256, out)]
  yield ['blake2s', () => crypto.blake2sBlock(scratch, scratch + 256, 64, 0, out)]
}

/** The low and the high 128 bits of each number. */
function halves(numbers: bigint[]): bigint[] {
  return numbers.flatMap((number) => [BigInt.asUintN(128, number), number >> 128n])
}

function round(ns: number): number {
  return Number(ns.toPrecision(4))
}
