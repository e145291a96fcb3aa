/**
 * Keccak, SHA-2 and Blake2s against @noble/hashes, and Blake2s over felts against a definition in bigint.
 */

import { blake2s } from '@noble/hashes/blake2.js'
import { sha256, sha512 } from '@noble/hashes/sha2.js'
import { keccak_256, keccakP } from '@noble/hashes/sha3.js'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { SIGMA } from '../../src/felt/byte-constants.ts'
import { CELL_LONGS, readCell, readCells, writeCells } from '../../src/felt/cell.ts'
import { P } from '../../src/felt/felt.ts'
import {
  blake2sFelts,
  defaultCrypto,
  keccak256,
  selector,
  starknetKeccak,
} from '../../src/felt/hash.ts'
import {
  sha256Block as sha256Reference,
  sha512Block as sha512Reference,
} from '../../src/vm/reference/blocks.ts'
import { anyFelt, checked } from './_felts.ts'

const crypto = defaultCrypto()
const at = crypto.scratch >> 3
const cell = (index: number) => crypto.scratch + index * 32
const word = fc.bigInt({ min: 0n, max: 0xffffffffn })
const words = (count: number) => fc.array(word, { minLength: count, maxLength: count })

/** The start of SHA-256 and of Blake2s. */
const hashStart = [
  0x6a09e667n,
  0xbb67ae85n,
  0x3c6ef372n,
  0xa54ff53an,
  0x510e527fn,
  0x9b05688cn,
  0x1f83d9abn,
  0x5be0cd19n,
]

/** The start of SHA-512. */
const longStart = [
  0x6a09e667f3bcc908n,
  0xbb67ae8584caa73bn,
  0x3c6ef372fe94f82bn,
  0xa54ff53a5f1d36f1n,
  0x510e527fade682d1n,
  0x9b05688c2b3e6c1fn,
  0x1f83d9abfb41bd6bn,
  0x5be0cd19137e2179n,
]

const bigEndian = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString('hex')}`)

/** The encoding and digest of crypto-kernels §7, from its sentences. */
function blakeReference(felts: bigint[]): bigint {
  const encoded: number[] = []
  const push = (value: bigint) => {
    const bytes = new Uint8Array(4)
    new DataView(bytes.buffer).setUint32(0, Number(value), true)
    encoded.push(...bytes)
  }
  for (const felt of felts) {
    const count = felt < 2n ** 63n ? 2 : 8
    for (let i = count - 1; i >= 0; i--) {
      const marked = count === 8 && i === 7 ? 0x80000000n : 0n
      push(((felt >> BigInt(32 * i)) & 0xffffffffn) | marked)
    }
  }
  return bigEndian(blake2s(Uint8Array.from(encoded)).reverse()) % P
}

/** One compression, as RFC 7693 writes it. The permutations are proved by the whole hashes below. */
function blakeBlock(state: bigint[], message: bigint[], counter: bigint, last: boolean): bigint[] {
  const iv = [...hashStart]
  iv[4]! ^= counter
  if (last) iv[6]! ^= 0xffffffffn
  const v = [...state, ...iv].map(Number)
  const rotate = (value: number, count: number) => (value >>> count) | (value << (32 - count))
  const mix = (a: number, b: number, c: number, d: number, x: number, y: number) => {
    v[a] = (v[a]! + v[b]! + x) | 0
    v[d] = rotate(v[d]! ^ v[a], 16)
    v[c] = (v[c]! + v[d]) | 0
    v[b] = rotate(v[b]! ^ v[c], 12)
    v[a] = (v[a] + v[b] + y) | 0
    v[d] = rotate(v[d] ^ v[a], 8)
    v[c] = (v[c] + v[d]) | 0
    v[b] = rotate(v[b] ^ v[c], 7)
  }
  for (const sigma of SIGMA) {
    const m = sigma.map((index) => Number(message[index]))
    for (let i = 0; i < 8; i++) {
      const [row, turn] = [i % 4, i < 4 ? 0 : 1]
      const column = (step: number) => 4 * step + ((row + step * turn) % 4)
      mix(column(0), column(1), column(2), column(3), m[2 * i]!, m[2 * i + 1]!)
    }
  }
  return state.map((word, i) => BigInt((Number(word) ^ v[i]! ^ v[i + 8]!) >>> 0))
}

test('Blake2s over felts gives the published values', () => {
  const wide = [
    [[2n ** 63n - 1n], 94160078030592802631039216199460125121854007413180444742120780261703604445n],
    [[2n ** 63n], 318549634615606806810268830802792194529205864650702991817600345489579978482n],
    [[P - 1n], 3505594194634492896230805823524239179921427575619914728883524629460058657521n],
    [[1n, 2n], 0x5534c03a14b214436366f30e9c77b6e56c8835de7dc5aee36957d4384cce66dn],
  ] as const
  for (const [felts, hash] of wide) assert.is(blake2sFelts(felts), hash)
})

test('Blake2s over felts is its definition, for every fill of the last block', () => {
  checked(
    fc.property(fc.array(anyFelt, { maxLength: 40 }), (felts) => {
      assert.is(blake2sFelts(felts), blakeReference(felts))
    }),
    1000,
  )
  for (let length = 0; length < 20; length++) {
    const felts = Array.from({ length }, (_, i) => BigInt(i))
    assert.is(blake2sFelts(felts), blakeReference(felts))
  }
  const long = Array.from({ length: crypto.scratchCells + 5 }, (_, i) => P - BigInt(i) - 1n)
  assert.is(blake2sFelts(long), blakeReference(long))
})

test('a Blake2s block is the oracle', () => {
  checked(
    fc.property(words(8), words(16), word, fc.boolean(), (state, message, counter, last) => {
      writeCells(crypto.cells, at, [...state, ...message])
      crypto.blake2sBlock(cell(0), cell(8), Number(counter), last ? 1 : 0, cell(24))
      assert.equal(
        readCells(crypto.cells, at + 24 * CELL_LONGS, 8),
        blakeBlock(state, message, counter, last),
      )
    }),
    1000,
  )
})

/** Both sizes of SHA-2: bits of a word, the start of the hash, kernel, library, and the definition of a block. */
const shas = [
  [32, hashStart, crypto.sha256Block, sha256, sha256Reference],
  [64, longStart, crypto.sha512Block, sha512, sha512Reference],
] as const

for (const [bits, start, run, library, reference] of shas) {
  const name = bits === 32 ? 'SHA-256' : 'SHA-512'
  const full = 2n ** BigInt(bits) - 1n
  const shaWord = fc.oneof(
    { weight: 4, arbitrary: fc.bigInt({ min: 0n, max: full }) },
    { weight: 1, arbitrary: fc.constantFrom(0n, 1n, full, full >> 1n, (full >> 1n) + 1n) },
  )
  const shaWords = (count: number) => fc.array(shaWord, { minLength: count, maxLength: count })

  test(`${name} of whole blocks is the library's`, () => {
    checked(
      fc.property(fc.array(shaWords(16), { minLength: 1, maxLength: 3 }), (blocks) => {
        // The message of whole blocks is hashed by hand, with the block of padding that follows it.
        const message = Buffer.from(
          blocks
            .flat()
            .map((value) => value.toString(16).padStart(bits / 4, '0'))
            .join(''),
          'hex',
        )
        const padding = new Array<bigint>(16).fill(0n)
        padding[0] = 1n << BigInt(bits - 1)
        padding[15] = BigInt(message.length * 8)
        writeCells(crypto.cells, at, start)
        for (const block of [...blocks, padding]) {
          writeCells(crypto.cells, at + 8 * CELL_LONGS, block)
          run(cell(0), cell(8), cell(0))
        }
        const hash = readCells(crypto.cells, at, 8)
        const digest = hash.reduce((sum, value) => (sum << BigInt(bits)) | value, 0n)
        assert.is(digest, bigEndian(library(message)))
      }),
      700,
    )
  })

  test(`a ${name} block from any state is its definition`, () => {
    checked(
      fc.property(shaWords(8), shaWords(16), (state, block) => {
        writeCells(crypto.cells, at, [...state, ...block])
        run(cell(0), cell(8), cell(24))
        assert.equal(readCells(crypto.cells, at + 24 * CELL_LONGS, 8), reference(state, block))
      }),
      300,
    )
  })
}

test('Keccak-f is the oracle', () => {
  checked(
    fc.property(fc.uint8Array({ minLength: 200, maxLength: 200 }), (state) => {
      crypto.bytes.set(state, crypto.scratch)
      crypto.keccakF(crypto.scratch)
      const expected = new Uint32Array(state.slice().buffer)
      keccakP(expected)
      const found = crypto.bytes.slice(crypto.scratch, crypto.scratch + 200)
      assert.equal(found, new Uint8Array(expected.buffer))
    }),
    1000,
  )
})

test('Keccak-256 is the oracle around the end of its chunks', () => {
  for (const length of [0, 1, 135, 136, 137, 271, 272, 1000]) {
    const bytes = Uint8Array.from({ length }, (_, i) => i * 7)
    const expected = bigEndian(keccak_256(bytes))
    assert.is(keccak256(bytes), expected)
    assert.is(starknetKeccak(bytes), expected & (2n ** 250n - 1n))
  }
})

test('the sponge of the syscall absorbs cells as words', () => {
  const chunk = Array.from({ length: 34 }, (_, i) => 2n ** 64n - 1n - BigInt(i) ** 9n)
  writeCells(crypto.cells, at, chunk)
  crypto.keccakStart()
  crypto.keccakAbsorbCells(crypto.scratch, 2)
  crypto.keccakResult(cell(0), cell(1))
  const state = new Uint32Array(50)
  const lanes = new BigUint64Array(state.buffer)
  for (let i = 0; i < 34; i++) {
    lanes[i % 17]! ^= chunk[i]!
    if (i % 17 === 16) keccakP(state)
  }
  assert.is(readCell(crypto.cells, at), lanes[0]! | (lanes[1]! << 64n))
  assert.is(readCell(crypto.cells, at + CELL_LONGS), lanes[2]! | (lanes[3]! << 64n))
})

test('selectors', () => {
  assert.is(selector('transfer'), 0x83afd3f4caedc6eebf44246fe54e38c95e3179a5ec9ea81740eca5b482d12en)
  assert.is(selector('__default__'), 0n)
  assert.is(selector('__l1_default__'), 0n)
})

test.run()
