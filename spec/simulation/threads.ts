/**
 * The simulation threads themselves: what happens when they are busy, die, or nobody waits any more.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { loadContract } from '../../src/contracts/catalogue.ts'
import { createCryptoMemory } from '../../src/felt/crypto.ts'
import { selector } from '../../src/felt/hash.ts'
import { readCommand } from '../../src/node/config.ts'
import { genesis } from '../../src/node/genesis.ts'
import { SimulationError } from '../../src/simulation/request.ts'
import type { PendingBlock } from '../../src/simulation/state-feed.ts'
import { classMessage } from '../../src/starknet/class-message.ts'
import { decodeCall } from '../../src/starknet/decode-outcome.ts'
import { encodeBlockContext } from '../../src/starknet/encoded-block-context.ts'
import { encodeCall } from '../../src/starknet/encoded-transaction.ts'
import { newSecret } from '../../src/starknet/machine.ts'
import { emptyStateDiff } from '../../src/starknet/state-diff.ts'
import { createMemoryStore } from '../../src/storage/memory-store.ts'
import { Simulators } from '../../workers/simulators.ts'

const ADDRESS = 0x1009n
const command = readCommand(['dev', '--accounts', '0'], {}, 1)
if (command.name !== 'dev') throw new Error('expected the command dev')
const { context } = genesis(command.config.chain)
const flags = { validate: false, chargeFee: false, strictNonce: false }
const constants = encodeBlockContext(context, flags)
const { classHash, compiledClassHash, sierra, casm } = loadContract('loop')
const crypto = createCryptoMemory(3)

/** A block in which the contract is there, not stored yet. */
function openBlock(): PendingBlock {
  const part = emptyStateDiff()
  part.declaredClasses.set(classHash, compiledClassHash)
  part.deployedContracts.set(ADDRESS, classHash)
  return { parts: [part] }
}

async function withThreads(
  threads: number,
  limits: { queueLimit?: number; stopMs?: number },
  body: (simulators: Simulators) => Promise<void>,
): Promise<void> {
  const block = openBlock()
  const simulators = new Simulators({
    threads,
    machine: { kind: 'starknet', crypto, cairo: 'fast', secret: newSecret() },
    firstIndex: 1,
    file: null,
    state: { store: createMemoryStore(), pending: () => [block], aborts: () => 0 },
    ...limits,
  })
  try {
    simulators.publish(classMessage(classHash, sierra, casm))
    await body(simulators)
  } finally {
    await simulators.stop()
  }
}

const request = (name: string, calldata: bigint[]) => () => ({
  at: 'pre_confirmed' as const,
  constants,
  transactions: [
    encodeCall({ contractAddress: ADDRESS, entryPointSelector: selector(name), calldata }),
  ],
})

/** What the contract's `work` says: the n-th triangular number. */
async function work(simulators: Simulators, n: bigint): Promise<bigint> {
  const [outcome] = await simulators.ask('sequence', request('work', [n]))
  return decodeCall(outcome!).result[0]!
}

/** Begins a call that ends with its gas. */
function burn(simulators: Simulators, signal?: AbortSignal): Promise<unknown> {
  return simulators
    .ask('sequence', request('forever', []), signal)
    .catch((error: unknown) => (error instanceof SimulationError ? error.failure : error))
}

test('what is wanted no more is given up, in the queue and in the middle, and the thread goes on', () =>
  withThreads(1, {}, async (simulators) => {
    assert.is(await work(simulators, 4n), 10n)
    const running = new AbortController()
    const waiting = new AbortController()
    const answers = [burn(simulators, running.signal), burn(simulators, waiting.signal)]
    assert.is(simulators.waiting, 1)
    waiting.abort()
    assert.is(simulators.waiting, 0)
    running.abort()
    assert.equal(await Promise.all(answers), ['stopped', 'stopped'])
    assert.is(await burn(simulators, running.signal), 'stopped', 'asked for when nobody waits')
    assert.is(await work(simulators, 5n), 15n)
    assert.is(simulators.replacements, 0)
  }))

test('what finds the queue full is refused, and what waits is answered', () =>
  withThreads(1, { queueLimit: 2 }, async (simulators) => {
    const end = new AbortController()
    const burning = burn(simulators, end.signal)
    const answers = [work(simulators, 1n), work(simulators, 2n)]
    assert.is(await burn(simulators), 'full')
    end.abort()
    assert.is(await burning, 'stopped')
    assert.equal(await Promise.all(answers), [1n, 3n])
  }))

test('a thread that dies answers for its request only, and has a successor that knows all', () =>
  withThreads(1, {}, async (simulators) => {
    assert.is(await work(simulators, 2n), 3n)
    const lost = burn(simulators)
    const next = work(simulators, 3n)
    await simulators.kill(0)
    assert.is(await lost, 'fault')
    assert.is(await next, 6n)
    assert.is(simulators.replacements, 1)
  }))

test('validations do not wait for simulations', () =>
  withThreads(2, {}, async (simulators) => {
    const end = new AbortController()
    const burns = [burn(simulators, end.signal), burn(simulators, end.signal)]
    const order: string[] = []
    const all = burns.map((one) => one.then(() => order.push('burn')))
    const verdicts = await simulators.ask('validate', request('work', [3n]))
    order.push('validation')
    end.abort()
    await Promise.all(all)
    assert.equal(verdicts, [null])
    assert.equal(order, ['validation', 'burn', 'burn'])
  }))

test('what a request throws while it is put together is the answer, and stops nobody', () =>
  withThreads(1, {}, async (simulators) => {
    const late = () => {
      throw new RangeError('the block is gone')
    }
    const refused = simulators.ask('sequence', late).catch((error: unknown) => error)
    assert.instance(await refused, RangeError)
    const gone = () => ({ ...request('work', [1n])(), at: 7 })
    const failure = await simulators
      .ask('sequence', gone)
      .catch((error: unknown) => (error as SimulationError).failure)
    assert.is(failure, 'gone')
    assert.is(await work(simulators, 2n), 3n)
  }))

test('threads that stop answer everybody', () =>
  withThreads(1, {}, async (simulators) => {
    const answers = [burn(simulators), burn(simulators)]
    await simulators.stop()
    assert.equal(await Promise.all(answers), ['stopped', 'stopped'])
    assert.is(await burn(simulators), 'stopped')
  }))

test.run()
