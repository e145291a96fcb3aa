/**
 * Threads that share tables and the memo of EcOp compute at once and agree with one that computes alone.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readCell, writeCell } from '../../src/felt/cell.ts'
import { attachCrypto, createCryptoMemory } from '../../src/felt/crypto.ts'
import { chain } from './_hasher.ts'

const COUNT = 2000

test('two threads at once agree with one alone', async () => {
  const memory = createCryptoMemory(3)
  const starts = [7n, 11n]
  const workers = starts.map(
    (start, i) =>
      new Worker(new URL('./_hasher.js', import.meta.url), {
        workerData: { memory, thread: i + 1, start, count: COUNT },
      }),
  )
  const hashes = await Promise.all(
    workers.map(async (worker) => (await once(worker, 'message'))[0]),
  )
  await Promise.all(workers.map((worker) => worker.terminate()))
  const alone = attachCrypto(createCryptoMemory(1), 0)
  assert.equal(
    hashes,
    starts.map((start) => chain(alone, start, COUNT)),
  )
})

test('a thread does not trust what a dead one left half written', () => {
  const memory = createCryptoMemory(2)
  const hash = () => {
    const { cells, scratch, pedersen } = attachCrypto(memory, 1)
    writeCell(cells, scratch / 8, 5n)
    writeCell(cells, scratch / 8 + 4, 6n)
    pedersen(scratch, scratch + 32, scratch + 64)
    return readCell(cells, scratch / 8 + 8)
  }
  const right = hash()
  // Wherever the result was kept, it is another one now.
  const { cells, scratch } = attachCrypto(memory, 0)
  const thread = attachCrypto(memory, 1).scratch
  assert.ok(thread > scratch)
  for (let at = thread / 8; at < cells.length; at++) {
    if (cells[at] === (right & ((1n << 64n) - 1n))) cells[at] = 1n
  }
  assert.is(hash(), right)
})

test('a memory without tables and a thread without scratch are refused', () => {
  const empty = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })
  assert.throws(() => attachCrypto(empty, 0), /memory with tables/)
  const memory = createCryptoMemory(2)
  attachCrypto(memory, 1)
  // Sizes round up to pages, which may hold a little more than was asked for, but not that much.
  assert.throws(() => attachCrypto(memory, 3), /thread with scratch/)
})

test.run()
