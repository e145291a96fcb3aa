/**
 * Texts of failed transactions: how panic data reads, and where long texts are cut. Whole texts are compared with the
 * judge's in the golden blocks.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { encodeShortString, P } from '../../src/felt/felt.ts'
import {
  errorStack,
  formatPanicData,
  PANIC_HEADER,
  panicSummary,
  vmFrame,
} from '../../src/starknet/revert-reason.ts'

const MAGIC = 0x46a6158a16a947e5916b2a2ca68501a45e93d7110e81aa2d6438b1c57c879a3n
const called = { contractAddress: 1n, classHash: 2n, selector: 3n }

test('felts show their characters where all can be printed', () => {
  assert.is(
    formatPanicData([encodeShortString('Out of gas')]),
    "0x4f7574206f6620676173 ('Out of gas')",
  )
  assert.is(formatPanicData([0n]), "0x0 ('')")
  assert.is(formatPanicData([1n]), '0x1')
  assert.is(formatPanicData([0x6600n]), "0x6600 ('f')")
  assert.is(formatPanicData([P - 1n]), `0x${(P - 1n).toString(16)}`)
  assert.is(formatPanicData([]), '()')
  assert.is(formatPanicData([0x61n, 2n]), "(0x61 ('a'), 0x2)")
})

test('byte arrays are read, and malformed ones left as felts', () => {
  const word = encodeShortString('a text of exactly 31 characters')
  assert.is(formatPanicData([MAGIC, 0n, 0x6869n, 2n]), '"hi"')
  assert.is(
    formatPanicData([MAGIC, 1n, word, 0x21n, 1n, 0x61n]),
    '("a text of exactly 31 characters!", 0x61 (\'a\'))',
  )
  assert.ok(formatPanicData([MAGIC, 5n, word]).startsWith('(0x46a6158a'))
  assert.ok(formatPanicData([MAGIC, 0n, 0x6869n, 31n]).startsWith('(0x46a6158a'))
})

test('a VM frame has its callers, oldest first', () => {
  assert.is(vmFrame('0:7', []), 'Error at pc=0:7:')
  assert.is(
    vmFrame('0:7', ['0:1', '0:2']),
    'Error at pc=0:7:\nCairo traceback (most recent call last):\nUnknown location (pc=0:1)\nUnknown location (pc=0:2)\n',
  )
})

test('an error stack keeps both ends, and whole characters', () => {
  const short = 'x'.repeat(15_100)
  assert.is(errorStack('head\n', short), `head\n${short}`)
  const long = 'x'.repeat(20_000)
  assert.is(errorStack('', long), `${'x'.repeat(7500)}\n\n...\n\n${'x'.repeat(7500)}`)
  const wide = errorStack('', `x${'é'.repeat(10_000)}`)
  assert.is(wide, `x${'é'.repeat(3749)}\n\n...\n\n${'é'.repeat(3750)}`)
})

test('a panic summary names its calls, and drops them before its data', () => {
  const few = panicSummary(PANIC_HEADER, [called, called], [0x61n])
  assert.is(few.split('\n').length, 5)
  assert.ok(few.endsWith("\n0x61 ('a').\n"))
  assert.is(panicSummary(PANIC_HEADER, [], [1n]), `${PANIC_HEADER}\n0x1.\n`)
  const many = panicSummary(PANIC_HEADER, new Array(80).fill(called), [1n])
  assert.ok(many.length <= 15_000)
  assert.match(many, '\n\n...\nError in contract')
  // The longest that is whole, and one character more.
  const chain = new Array(10).fill(called)
  const room = 15_000 - panicSummary('', chain, [1n]).length
  assert.is(panicSummary('h'.repeat(room), chain, [1n]).split('\n').length, 13)
  assert.match(panicSummary('h'.repeat(room + 1), chain, [1n]), '\n\n...\nError in contract')
  const data = new Array(1000).fill(P - 1n)
  const large = panicSummary(PANIC_HEADER, [called], data)
  assert.is(large.length, 15_000)
  assert.ok(large.endsWith('\n...'))
})

test.run()
