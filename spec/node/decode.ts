/**
 * Decoders of parameters at their bounds.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { P } from '../../src/felt/felt.ts'
import { decodeFelt, decodeInteger, decodeUint } from '../../src/node/decode.ts'

const hex = (number: bigint) => `0x${number.toString(16)}`

function refused(read: (value: unknown, path: string) => unknown, value: unknown): void {
  try {
    read(value, 'here')
  } catch (error) {
    assert.match(JSON.stringify(error), 'here: expected')
    return
  }
  assert.unreachable(`${String(value)} was read`)
}

test('numbers of so many bits', () => {
  for (const bits of [64, 128]) {
    const most = 2n ** BigInt(bits) - 1n
    assert.is(decodeUint(bits)(hex(most), 'here'), most)
    refused(decodeUint(bits), hex(most + 1n))
    for (const value of ['0x', '1', '-0x1', '0xg', `0x${'0'.repeat(65)}`, 1, null]) {
      refused(decodeUint(bits), value)
    }
  }
})

test('felts below the prime', () => {
  assert.is(decodeFelt(hex(P - 1n), 'here'), P - 1n)
  assert.is(decodeFelt(`0x${'0'.repeat(63)}5`, 'here'), 5n)
  refused(decodeFelt, hex(P))
  refused(decodeFelt, `0x${'0'.repeat(65)}`)
})

test('integers from a least one on', () => {
  assert.is(decodeInteger(3)(3, 'here'), 3)
  assert.is(decodeInteger(0)(Number.MAX_SAFE_INTEGER, 'here'), Number.MAX_SAFE_INTEGER)
  for (const value of [2, 3.5, 2 ** 53, Number.NaN, '3', null]) refused(decodeInteger(3), value)
})

test.run()
