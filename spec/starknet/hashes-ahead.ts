/**
 * Hashes that transactions will ask for are in the memo before they ask: the sender's balance always, others as soon as
 * one transaction of the same form has shown which; and guesses that go wrong end.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { View } from '../../src/executor/machine.ts'
import { writeCells } from '../../src/felt/cell.ts'
import { attachCrypto, createCryptoMemory } from '../../src/felt/crypto.ts'
import { pedersen, starknetKeccak, useCrypto } from '../../src/felt/hash.ts'
import { encodeCall, INVOKE, KIND } from '../../src/starknet/encoded-transaction.ts'
import { HashesAhead } from '../../src/starknet/hashes-ahead.ts'
import { TransactionInput } from '../../src/starknet/transaction-input.ts'

const crypto = attachCrypto(createCryptoMemory(1), 0)
useCrypto(crypto)
const BALANCES = starknetKeccak('ERC20_balances')
const ALLOWED = starknetKeccak('allowed')
const TOKEN = 0x70c3n << 200n
const TRANSFER = 0x7a45n << 200n

/** An encoded transfer. */
function transfer(sender: bigint, to: bigint): Int32Array {
  const calldata = [TOKEN, TRANSFER, 3n, to, 1000n, 0n]
  const words = encodeCall({ contractAddress: sender, entryPointSelector: 0n, calldata })
  words[KIND] = INVOKE
  return words
}

/** A transaction that asks for these hashes. */
function execute(ahead: HashesAhead, words: Int32Array, asked: [bigint, bigint][]): void {
  const input = new TransactionInput()
  const view = { words, transaction: 0, transactionWords: words.length }
  input.read(view as View)
  for (const [x, y] of asked) pedersen(x, y)
  ahead.learn(input)
}

/** Which of these hashes are known to nobody when the transactions have been announced. */
function unknownAfter(
  ahead: HashesAhead,
  transactions: Int32Array[],
  asked: [bigint, bigint][],
): [bigint, bigint][] {
  const words = new Int32Array(transactions.reduce((sum, one) => sum + one.length, 0))
  const offsets = new Int32Array(transactions.length)
  let at = 0
  for (const [index, one] of transactions.entries()) {
    offsets[index] = at
    words.set(one, at)
    at += one.length
  }
  crypto.forgetHashes()
  ahead.compute(words, offsets, transactions.length)
  return asked.filter((pair) => {
    writeCells(crypto.cells, crypto.scratch >> 3, pair)
    return crypto.pedersenAhead(crypto.scratch, 1, crypto.scratch + 64) === 1
  })
}

const person = (index: number) => (BigInt(index) << 240n) + BigInt(index) ** 9n

test('the balance of a sender is always known', () => {
  const senders = Array.from({ length: 70 }, (_, index) => person(index + 1))
  const blocks = senders.map((sender) => transfer(sender, 5n))
  const asked = senders.map((sender): [bigint, bigint] => [BALANCES, sender])
  const unknown = unknownAfter(new HashesAhead(crypto), blocks, asked)
  // Two that share a place in the memo push each other out.
  assert.ok(unknown.length <= 2, `${unknown.length} unknown`)
})

test('what one transaction asked of its calldata and sender is known for the next of its form', () => {
  const ahead = new HashesAhead(crypto)
  const asked = (sender: bigint, to: bigint): [bigint, bigint][] => [
    [BALANCES, to],
    [ALLOWED, sender],
  ]
  const next = transfer(person(3), person(4))
  assert.is(unknownAfter(ahead, [next], asked(person(3), person(4))).length, 2)
  execute(ahead, transfer(person(1), person(2)), asked(person(1), person(2)))
  assert.equal(unknownAfter(ahead, [next], asked(person(3), person(4))), [])
})

test('a transaction of another form is left alone, and a hash of other felts teaches nothing', () => {
  const ahead = new HashesAhead(crypto)
  execute(ahead, transfer(person(1), person(2)), [
    [BALANCES, person(2)],
    [BALANCES, person(9)],
  ])
  const other = encodeCall({
    contractAddress: person(3),
    entryPointSelector: 0n,
    calldata: [TOKEN + (1n << 64n), TRANSFER, 3n, person(4), 1000n, 0n],
  })
  other[KIND] = INVOKE
  assert.is(unknownAfter(ahead, [other], [[BALANCES, person(4)]]).length, 1)
  const same = transfer(person(3), person(4))
  assert.is(unknownAfter(ahead, [same], [[BALANCES, person(9)]]).length, 1)
})

test('a guess that goes wrong again and again is not made any more', () => {
  const ahead = new HashesAhead(crypto)
  execute(ahead, transfer(person(1), person(2)), [[BALANCES, person(2)]])
  for (let index = 10; index < 30; index++) execute(ahead, transfer(person(index), person(2)), [])
  const next = transfer(person(3), person(4))
  assert.is(unknownAfter(ahead, [next], [[BALANCES, person(4)]]).length, 1)
})

test.run()
