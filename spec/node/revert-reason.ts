/**
 * Errors along the calls, read out of revert texts.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readCallError } from '../../src/node/revert-reason.ts'

const place = (address: string, selector = '0x03') =>
  `(contract address: ${address}, class hash: 0x02, selector: ${selector})`
const call = (contractAddress: bigint, error: unknown, selector = 3n) => ({
  contractAddress,
  classHash: 2n,
  selector,
  error,
})

test('a text without frames stays as it is', () => {
  for (const text of ['', 'Insufficient max L2Gas: max amount: 1, actual used: 2.', 'a\nb\n']) {
    assert.is(readCallError(text), text)
  }
})

test('frames nest, and the rest is the innermost error', () => {
  const text = [
    'Transaction execution has failed:',
    `0: Error in the called contract ${place('0x0a')}:`,
    'Error at pc=0:12:',
    `1: Error in a library call ${place('0x0b', 'UNKNOWN')}:`,
    'Requested contract address 0xc is not deployed.',
    '',
  ].join('\n')
  const leaf = 'Requested contract address 0xc is not deployed.\n'
  assert.equal(readCallError(text), call(10n, call(11n, leaf, 0n)))
})

test('a panic names the calls it came through once each', () => {
  const text = [
    'Transaction execution has failed:',
    `0: Error in the called contract ${place('0x0a')}:`,
    'Execution failed. Failure reason:',
    `Error in contract ${place('0x0a')}:`,
    `Error in contract ${place('0x0b')}:`,
    `Error in contract ${place('0x0b')}:`,
    "0x6e6f ('no').",
    '',
  ].join('\n')
  assert.equal(readCallError(text), call(10n, call(11n, call(11n, "0x6e6f ('no')"))))
})

test('a panic of validation gives its data too', () => {
  const text = [
    'Account validation failed: The `validate` entry point panicked with:',
    `Error in contract ${place('0x0a')}:`,
    "0x6e6f ('no').",
    '',
  ].join('\n')
  assert.equal(readCallError(text), call(10n, "0x6e6f ('no')"))
})

test('a panic whose chain is not known gives its data', () => {
  const text = [
    `0: Error in the called contract ${place('0x0a')}:`,
    'Execution failed. Failure reason:',
    '"two',
    'lines".',
    '',
  ].join('\n')
  assert.equal(readCallError(text), call(10n, '"two\nlines"'))
})

test.run()
