/**
 * Starts the crypto kernels: one shared memory with constant tables for all threads, one instance of the module a
 * thread.
 *
 *     memory    header (magic once the tables are whole) │ tables, 46 MB │ scratch of thread 0 │ of thread 1 │ …
 *
 * Arguments and results are tagged cells, by byte address in that memory; `scratch` is where a caller may put them.
 * Nothing there survives the next call of somebody else on the same thread.
 *
 * Invariant: tables are written here, before the memory is handed to any other thread, and never after.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../shared/package-root.ts'
import { byteConstants } from './byte-constants.ts'
import { CELL_BYTES, CELL_LONGS, readCell, writeCell, writeCells } from './cell.ts'
import { BETA, GENERATOR, PEDERSEN_POINTS } from './curve.ts'
import { compressedConstants } from './poseidon-constants.ts'
import { secpConstants } from './secp-constants.ts'
import { selfTest } from './self-test.ts'

/** What a kernel answers; the numbers are those of `kernels/status.ts`. */
export const OK = 0
/** EcOp: P, or Q, is not on the curve. */
export const FIRST_OFF_CURVE = 1
export const SECOND_OFF_CURVE = 2
/** EcOp: the partial sum and a doubled Q have equal x. */
export const SAME_X = 3
/** A felt without square root. */
export const NOT_SQUARE = 4
/** The result is the point at infinity. */
export const INFINITY = 5
/** A coordinate is not below the modulus of its curve. */
export const OUT_OF_RANGE = 6

/** The kernels of one thread. Addresses are in bytes, of cells unless said otherwise. */
export interface Crypto extends Kernels {
  readonly cells: BigUint64Array
  readonly words: Int32Array
  readonly bytes: Uint8Array
  /** Address of `scratchCells` cells that belong to this thread, for arguments and results. */
  readonly scratch: number
  readonly scratchCells: number
}

/** The functions of the module, called directly. */
interface Kernels {
  /** out = the Pedersen hash of two cells; repeated pairs come from a memo. */
  pedersen(x: number, y: number, out: number): number
  /** out = the hashes of `count` pairs (2 cells each) in a row, at most `batchHashes`; no memo. */
  pedersenBatch(pairs: number, count: number, out: number): number
  /** Puts hashes of `count` pairs in a row, at most `batchHashes`, into the memo; overwrites them and `count` cells at out. */
  pedersenAhead(pairs: number, count: number, out: number): number
  /**
   * Address of a list of hashes that this thread asked for and had not asked before: their number, a word, then addresses
   * of pairs of cells. It notes 15 at most; whoever reads it sets the number to 0.
   */
  missedHashes(): number
  /** Permutes three cells in place. */
  poseidonPermute(state: number): void
  /** out = hash of two cells. */
  poseidonPair(x: number, y: number, out: number): void
  /** out = hash of `count` cells in a row. */
  poseidonMany(cells: number, count: number, out: number): void
  /** The same in pieces: start, absorb even counts, finish with the last 0 or 1 cell. */
  poseidonStart(): void
  poseidonAbsorb(cells: number, count: number): void
  poseidonFinish(cells: number, count: number, out: number): void
  /**
   * out (x, y) = P + m Q of five cells in a row: P.x, P.y, Q.x, Q.y, m, exactly as the builtin defines it. `blinded` (1)
   * says that P is a random point or came from a blinded EcOp: then no collision will be met, and it is faster.
   * Answers OK, FIRST_OFF_CURVE, SECOND_OFF_CURVE or SAME_X. Repeated inputs come from a memo.
   */
  ecOp(input: number, out: number, blinded: number): number
  /** Address of `RANDOM_POINTS` points that nobody can guess, two cells each; the same for all threads. */
  randomPoints(): number
  /** out (x, y) = m times the generator; OK or INFINITY. */
  generatorMul(m: number, out: number): number
  /** out = the smaller y of the points with this x; OK or NOT_SQUARE. */
  curveY(x: number, out: number): number
  /** out (2 cells) = x of u G + v Q and of u G - v Q, of four cells: u, v, Q.x, Q.y; 0 for infinity. u, v below N. */
  verifySums(input: number, out: number): number
  /** out = the smaller root of a; or NOT_SQUARE, and out = the smaller root of 3a. */
  fieldSqrt(a: number, out: number): number
  /**
   * Points of secp256k1 (curve 0) and secp256r1 (1) are `SECP_POINT_BYTES` bytes that only these kernels understand, all 0
   * for infinity. Numbers are two cells, the low and the high 128 bits; scalars may be any.
   *
   * point = (x, y), two numbers: OK, INFINITY for (0, 0), FIRST_OFF_CURVE or OUT_OF_RANGE.
   */
  secpNew(curve: number, coordinates: number, point: number): number
  /** point = the one with this x and a y of that parity (0, 1): OK, NOT_SQUARE or OUT_OF_RANGE. */
  secpFromX(curve: number, x: number, odd: number, point: number): number
  /** out = left + right, and scalar * point: OK or INFINITY. */
  secpAdd(curve: number, left: number, right: number, out: number): number
  secpMul(curve: number, point: number, scalar: number, out: number): number
  /** out = x and y, two numbers; both 0 for infinity. */
  secpXy(curve: number, point: number, out: number): void
  /** Permutes 25 lanes of 64 bits, 200 bytes, in place. */
  keccakF(state: number): void
  /** A sponge: start, absorb chunks of 17 words (cells below 2^64) or of 136 bytes, take the result. No padding. */
  keccakStart(): void
  keccakAbsorbCells(cells: number, chunks: number): void
  keccakAbsorbBytes(bytes: number, chunks: number): void
  /** low, high = the first 16 and the next 16 bytes, as little-endian numbers. */
  keccakResult(low: number, high: number): void
  /** out = the low 250 bits of the first 32 bytes as a big-endian number. */
  keccakMasked(out: number): void
  /** out (8 cells) = 8 words of state after 16 words of block, all below 2^32. */
  sha256Block(state: number, block: number, out: number): void
  /** The same for SHA-512, words below 2^64. */
  sha512Block(state: number, block: number, out: number): void
  /** out (8 cells) = 8 words of state after 16 words of message; `counter` in bytes, `last` 1 or 0. */
  blake2sBlock(state: number, message: number, counter: number, last: number, out: number): void
  /** Starknet's Blake2s over felts: start, absorb any counts, finish. */
  blake2sStart(): void
  blake2sAbsorb(cells: number, count: number): void
  blake2sFinish(out: number): void
  /** Empty the memos, for measurements: of Pedersen, EcOp and roots (all threads'), of known points (this thread's). */
  forgetHashes(): void
  forgetBases(): void
  forgetEcOps(): void
}

/** Exports that only the start needs. */
interface Startup {
  forgetOwnHashes(): void
  init(tables: number, scratch: number): void
  poseidonBuild(cells: number): void
  pointsBuild(cells: number): void
  rootBuild(): void
  byteConstants(): number
  secpConstants(): number
  TABLES_BYTES: { value: number }
  SCRATCH_BYTES: { value: number }
  IO_CELLS: { value: number }
}

/** How many random points a memory has. */
export const RANDOM_POINTS = 256

/** Bytes of a point of the secp curves. */
export const SECP_POINT_BYTES = 64

/** Most hashes of one `pedersenBatch`. */
export const batchHashes = 64

const PAGE_BYTES = 65536
const TABLES = 64
/** First word of a memory whose tables are whole. */
const MAGIC = 0x46554755

let module: WebAssembly.Module | null = null

/**
 * Makes the shared memory for `threads` threads and builds its tables; see `attachCrypto`. The secret is what the random
 * points follow from.
 */
export function createCryptoMemory(threads = 64, secret = randomSecret()): WebAssembly.Memory {
  // A first instance tells the sizes; it needs no more than its declared page.
  const sizes = instantiate(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }))
  const sizeBytes = scratchOf(sizes, threads)
  const pages = Math.ceil(sizeBytes / PAGE_BYTES)
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  const kernels = instantiate(memory)
  const scratch = scratchOf(kernels, 0)
  kernels.init(TABLES, scratch)
  const cells = new BigUint64Array(memory.buffer)
  const at = scratch / 8
  writeCells(cells, at, compressedConstants())
  kernels.poseidonBuild(scratch)
  const points = [...PEDERSEN_POINTS, GENERATOR].flatMap((point) => [point.x, point.y])
  writeCells(cells, at, [...points, BETA])
  kernels.pointsBuild(scratch)
  kernels.rootBuild()
  new Uint8Array(memory.buffer).set(byteConstants(), kernels.byteConstants())
  new Uint8Array(memory.buffer).set(secpConstants(), kernels.secpConstants())
  Atomics.store(new Int32Array(memory.buffer), 0, MAGIC)
  const first = attachCrypto(memory, 0)
  selfTest(first)
  fillRandomPoints(first, secret)
  cells.fill(0n, at, at + 128 * CELL_LONGS)
  return memory
}

/** A felt that nobody can guess. */
function randomSecret(): bigint {
  return BigInt(`0x${randomBytes(31).toString('hex')}`)
}

/** Point i is G times the low 250 bits, hence less than its order, of the Poseidon hash of the secret and i. */
function fillRandomPoints(crypto: Crypto, secret: bigint): void {
  const { cells, scratch, randomPoints } = crypto
  const at = scratch >> 3
  for (let i = 0; i < RANDOM_POINTS; i++) {
    writeCells(cells, at, [secret, BigInt(i)])
    crypto.poseidonPair(scratch, scratch + CELL_BYTES, scratch)
    writeCell(cells, at, BigInt.asUintN(250, readCell(cells, at)))
    const status = crypto.generatorMul(scratch, randomPoints() + i * 2 * CELL_BYTES)
    if (status !== OK) throw new Error('expected a random point, got infinity')
  }
}

/** The kernels for one thread of a memory; no two running threads may have the same number. */
export function attachCrypto(memory: WebAssembly.Memory, thread: number): Crypto {
  const words = new Int32Array(memory.buffer)
  if (Atomics.load(words, 0) !== MAGIC) throw new Error('expected a crypto memory with tables')
  const kernels = instantiate(memory)
  const scratch = scratchOf(kernels, thread)
  if (scratchOf(kernels, thread + 1) > memory.buffer.byteLength) {
    throw new Error(`expected a thread with scratch in the crypto memory, got number ${thread}`)
  }
  kernels.init(TABLES, scratch)
  // A thread that died here may have left an entry half written: its successor starts with empty memos of its own.
  kernels.forgetOwnHashes()
  kernels.forgetBases()
  return {
    ...kernels,
    cells: new BigUint64Array(memory.buffer),
    words,
    bytes: new Uint8Array(memory.buffer),
    scratch,
    scratchCells: kernels.IO_CELLS.value,
  }
}

function scratchOf(kernels: Startup, thread: number): number {
  const start = Math.ceil((TABLES + kernels.TABLES_BYTES.value) / 64) * 64
  return start + thread * kernels.SCRATCH_BYTES.value
}

function instantiate(memory: WebAssembly.Memory): Kernels & Startup {
  module ??= new WebAssembly.Module(readFileSync(join(packageRoot, 'dist/kernels/crypto.wasm')))
  const abort = () => {
    throw new Error('a crypto kernel aborted')
  }
  return new WebAssembly.Instance(module, { env: { memory, abort } })
    .exports as unknown as Kernels & Startup
}
