/**
 * Where the crypto kernels keep things in the shared memory: tables once, scratch once a thread.
 *
 *     tables     Poseidon constants, curve constants, byte-hash and secp constants, roots, generator, Pedersen, memos,
 *                random points
 *     scratch    cells for callers, temporaries of each kernel, memos, area of batches
 *
 * `init` sets both bases for this instance. Tables are written before any other thread attaches and never
 * after; scratch belongs to one thread. Only the memos in the tables change while they are
 * shared, see memo.ts.
 */
import { F29_BYTES } from './field29'

/** A table entry: an affine point, two packed coordinates. */
export const POINT_BYTES: usize = 64

/**
 * Bits of a window of the Pedersen table: 36 windows over two felts, 38 MB. With 12 bits it is 42 windows and 11 MB: 90 ms
 * less at the start, a tenth more for each hash.
 */
export const PEDERSEN_BITS: i32 = 14
export const PEDERSEN_WINDOWS: i32 = 36
export const PEDERSEN_ENTRIES: usize = 1 << PEDERSEN_BITS

/** Bits of a window of the table of the generator: 32 windows, 0.5 MB. */
export const GENERATOR_BITS: i32 = 8
export const GENERATOR_WINDOWS: i32 = 32
export const GENERATOR_ENTRIES: usize = 1 << GENERATOR_BITS

/** Offsets of the constants of the byte hashes: 24 lanes, 64 words, 8 words, 160 byte offsets, 80 long words. */
export const KECCAK_CONSTANTS: usize = 0
export const SHA256_CONSTANTS: usize = 192
export const BLAKE_IV: usize = 448
export const BLAKE_SIGMA: usize = 480
export const SHA512_CONSTANTS: usize = 640

const POSEIDON_TABLE: usize = 0
const CURVE_TABLE: usize = POSEIDON_TABLE + 7744
const BYTES_TABLE: usize = CURVE_TABLE + 512
const SECP_TABLE: usize = BYTES_TABLE + 1280
const SQRT_TABLE: usize = SECP_TABLE + 1024
/** 24 rows of 256 entries, one factor and 1024 logarithms. */
const GENERATOR_TABLE: usize = SQRT_TABLE + ((24 * 256 + 1) * F29_BYTES + 8192 + 56)
const PEDERSEN_TABLE: usize =
  GENERATOR_TABLE + <usize>GENERATOR_WINDOWS * GENERATOR_ENTRIES * POINT_BYTES

const EC_MEMO: usize = PEDERSEN_TABLE + <usize>PEDERSEN_WINDOWS * PEDERSEN_ENTRIES * POINT_BYTES
/** Entries of the memo of EcOp results, which all threads share; 256 bytes each. A signature is three. */
export const EC_MEMO_ENTRIES: usize = 16384

const HASH_MEMO: usize = EC_MEMO + EC_MEMO_ENTRIES * 256
/** Entries of the memo of Pedersen hashes that all threads share; 128 bytes each. */
export const HASH_MEMO_ENTRIES: usize = 16384

const ROOT_MEMO: usize = HASH_MEMO + HASH_MEMO_ENTRIES * 128
/** Entries of the memo of square roots that all threads share; 128 bytes each. A signature is two. */
export const ROOT_MEMO_ENTRIES: usize = 8192

/** Random points of the process, 256 of two cells. */
const RANDOM_POINTS: usize = ROOT_MEMO + ROOT_MEMO_ENTRIES * 128

/** Bytes of all tables and the shared memos. */
export const TABLES_BYTES: i32 = <i32>(RANDOM_POINTS + 256 * 64)

/** Pairs of points that share one inversion: the first level of 64 Pedersen hashes. */
export const BATCH_HASHES: i32 = 64
export const BATCH_PAIRS: usize = 64 * 18

/** Start of a thread's scratch: cells through which callers pass arguments and results. */
export const IO_CELLS: i32 = 1024
const POSEIDON_SCRATCH: usize = 32 * 1024
const CURVE_SCRATCH: usize = POSEIDON_SCRATCH + 512
const ROOT_SCRATCH: usize = CURVE_SCRATCH + 12 * 1024
const PEDERSEN_SCRATCH: usize = ROOT_SCRATCH + 3 * 1024
const BYTES_SCRATCH: usize = PEDERSEN_SCRATCH + 8 * 1024
const MEMO_SCRATCH: usize = 64 * 1024
/** Hashes that the thread's own memo lacked: their number u32, then addresses of the first 15 entries. */
const MISSED_SCRATCH: usize = MEMO_SCRATCH - 64
export const MOST_MISSED: u32 = 15
/** Entries of a thread's own memo of Pedersen hashes, in front of the shared one; 96 bytes each. */
export const MEMO_ENTRIES: usize = 4096
const BATCH_SCRATCH: usize = MEMO_SCRATCH + MEMO_ENTRIES * 96
const BATCH_PREFIXES: usize = BATCH_SCRATCH + BATCH_PAIRS * 16
const BATCH_POINTS: usize = BATCH_PREFIXES + (BATCH_PAIRS + 1) * 2 * F29_BYTES

/** Places for points that have tables; see bases.ts. */
export const BASE_SLOTS: usize = 32
const BASE_SCRATCH: usize = (BATCH_POINTS + BATCH_PAIRS * 2 * F29_BYTES + 63) & ~63
const BASE_TABLES: usize = BASE_SCRATCH + BASE_SLOTS * 96

const SECP_SCRATCH: usize = BASE_TABLES + BASE_SLOTS * 51 * 16 * POINT_BYTES

/** Bytes of one thread's scratch. */
export const SCRATCH_BYTES: i32 = <i32>(SECP_SCRATCH + 12 * 1024)

let tables: usize = 0
let scratch: usize = 0

/** Tells this instance where the tables and its thread's scratch begin; multiples of 64. */
export function init(tablesBase: usize, scratchBase: usize): void {
  tables = tablesBase
  scratch = scratchBase
}

export function poseidonConstants(): usize {
  return tables + POSEIDON_TABLE
}

/** Beta, f29. */
export function curveConstants(): usize {
  return tables + CURVE_TABLE
}

/** The generator, two cells. */
export function generatorCells(): usize {
  return tables + CURVE_TABLE + 128
}

/** Constants of the byte hashes, at the four offsets above. */
export function byteConstants(): usize {
  return tables + BYTES_TABLE
}

/** Constants of the secp curves, see secp-field.ts; 512 bytes each. */
export function secpConstants(): usize {
  return tables + SECP_TABLE
}

export function rootTable(): usize {
  return tables + SQRT_TABLE
}

export function generatorTable(): usize {
  return tables + GENERATOR_TABLE
}

export function pedersenTable(): usize {
  return tables + PEDERSEN_TABLE
}

export function poseidonScratch(): usize {
  return scratch + POSEIDON_SCRATCH
}

export function curveScratch(): usize {
  return scratch + CURVE_SCRATCH
}

export function rootScratch(): usize {
  return scratch + ROOT_SCRATCH
}

export function pedersenScratch(): usize {
  return scratch + PEDERSEN_SCRATCH
}

export function byteScratch(): usize {
  return scratch + BYTES_SCRATCH
}

export function memoScratch(): usize {
  return scratch + MEMO_SCRATCH
}

export function missedHashes(): usize {
  return scratch + MISSED_SCRATCH
}

export function ecMemo(): usize {
  return tables + EC_MEMO
}

export function rootMemo(): usize {
  return tables + ROOT_MEMO
}

export function randomPoints(): usize {
  return tables + RANDOM_POINTS
}

export function hashMemo(): usize {
  return tables + HASH_MEMO
}

/** Addresses of left, right and sum of each pair: 12 of 16 bytes. */
export function batchPairs(): usize {
  return scratch + BATCH_SCRATCH
}

/** Prefix product and difference of x of each pair; one product more. */
export function batchPrefixes(): usize {
  return scratch + BATCH_PREFIXES
}

export function batchPoints(): usize {
  return scratch + BATCH_POINTS
}

export function baseSlots(): usize {
  return scratch + BASE_SCRATCH
}

export function baseTables(): usize {
  return scratch + BASE_TABLES
}

export function secpScratch(): usize {
  return scratch + SECP_SCRATCH
}
