/**
 * Cells and texts of felts: one form each, and back.
 */
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  cellsOf,
  cellToHex,
  equalCellWords,
  hexToCell,
  hexToCellWords,
  isZeroCell,
  isZeroCellWords,
  readCell,
  readCells,
  readCellWords,
  writeCell,
  writeCellWords,
} from '../../src/felt/cell.ts'
import {
  decodeShortString,
  encodeShortString,
  formatFelt,
  P,
  parseFelt,
} from '../../src/felt/felt.ts'
import { anyFelt, checked } from '../kernels/_felts.ts'

test('a felt survives its cell, in longs and in words alike', () => {
  checked(
    fc.property(anyFelt, (felt) => {
      const cells = new BigUint64Array(8).fill(~0n)
      const words = new Int32Array(16).fill(-1)
      writeCell(cells, 4, felt)
      writeCellWords(words, 8, felt)
      assert.equal(readCell(cells, 4), felt)
      assert.equal(readCellWords(words, 8), felt)
      assert.ok(equalCellWords(new Int32Array(cells.buffer), 8, words, 8))
      assert.is(isZeroCell(cells, 4), felt === 0n)
      assert.is(isZeroCellWords(words, 8), felt === 0n)
    }),
  )
})

test('a text becomes the words of its felt, or is refused', () => {
  const letter = fc.constantFrom(...'0123456789abcdefABCDEF')
  const digits = fc.string({ unit: letter, minLength: 1, maxLength: 66 })
  const anything = fc.string({ unit: fc.constantFrom(...'0x1fg-\u00b1'), maxLength: 5 })
  const text = fc.oneof(
    digits.map((some) => `0x${some}`),
    anyFelt.map(formatFelt),
    anything,
    fc.constantFrom(
      '',
      '0',
      '0x',
      '1x1',
      '0y1',
      '0xg',
      '0x\u00b1',
      `0x${'0'.repeat(64)}1`,
      `0x${P.toString(16)}`,
    ),
  )
  checked(
    fc.property(text, (hex) => {
      const isFelt = /^0x[0-9a-fA-F]{1,64}$/.test(hex) && BigInt(hex) < P
      const words = new Int32Array(16).fill(-1)
      assert.is(hexToCellWords(words, 8, hex), isFelt, hex)
      if (isFelt) assert.is(readCellWords(words, 8), BigInt(hex))
      // Other cells are left alone.
      assert.ok(words.subarray(0, 8).every((word) => word === -1))
    }),
    2000,
  )
})

test('a cell below 2^64 is SMALL, any other is BIG with limb 3 in its tag', () => {
  const cells = cellsOf([0n, 2n ** 64n - 1n, 2n ** 64n, P - 1n])
  assert.equal(
    [...cells],
    [
      ...[0n, 1n, 0n, 0n],
      ...[2n ** 64n - 1n, 1n, 0n, 0n],
      ...[0n, 2n ** 63n, 1n, 0n],
      ...[0n, 2n ** 63n + 2n ** 59n + 17n, 0n, 0n],
    ],
  )
  assert.equal(readCells(cells, 4, 3), [2n ** 64n - 1n, 2n ** 64n, P - 1n])
})

test('an unset cell reads as 0 but is not the felt 0', () => {
  const cells = new BigUint64Array(4)
  assert.is(readCell(cells, 0), 0n)
  assert.not(isZeroCell(cells, 0))
  assert.not(isZeroCellWords(new Int32Array(cells.buffer), 0))
})

test('texts of felts are hexadecimal, 64 digits at most, below P', () => {
  const cells = new BigUint64Array(4)
  hexToCell(cells, 0, '0x00AbC')
  assert.is(cellToHex(cells, 0), '0xabc')
  assert.is(parseFelt(formatFelt(P - 1n)), P - 1n)
  assert.is(parseFelt(`0x${'0'.repeat(63)}7`), 7n)
  for (const text of [
    '',
    '0x',
    'abc',
    '12',
    '0xg',
    ' 0x1',
    '0x1 ',
    '-0x1',
    `0x${'0'.repeat(65)}`,
  ]) {
    assert.throws(() => parseFelt(text), /expected '0x' and 1 to 64 hexadecimal digits/)
  }
  assert.throws(() => parseFelt(formatFelt(P)), /expected a felt below/)
})

test('short strings are their bytes', () => {
  assert.is(encodeShortString('SN_MAIN'), 0x534e5f4d41494en)
  assert.is(decodeShortString(0x534e5f4d41494en), 'SN_MAIN')
  assert.is(encodeShortString(''), 0n)
  assert.is(decodeShortString(1n), null)
  assert.throws(() => encodeShortString('x'.repeat(32)), /at most 31 characters/)
  assert.throws(() => encodeShortString('é'), /ASCII/)
})

test.run()
