/**
 * What the threads answer is what the sequential executor answers on this thread, bit for bit: random calls, simulations
 * and estimates on every block of a chain that grows, is served and taken back meanwhile.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type ContractName, loadContract } from '../../src/contracts/catalogue.ts'
import { defaultCrypto, selector } from '../../src/felt/hash.ts'
import { Random } from '../../src/lab/random.ts'
import { CasmRegistry } from '../../src/node/casm-registry.ts'
import type { BroadcastTransaction } from '../../src/node/chain.ts'
import { STRK_ADDRESS } from '../../src/node/genesis.ts'
import { Simulations } from '../../src/node/simulations.ts'
import type { Ask, Request, StateId } from '../../src/simulation/request.ts'
import { Simulator } from '../../src/simulation/simulator.ts'
import { classMessage } from '../../src/starknet/class-message.ts'
import { createStarknetMachine } from '../../src/starknet/machine.ts'
import { QUERY_VERSION } from '../../src/starknet/transaction.ts'
import { signedDeclare, signedInvoke, signedTransfer } from '../node/_signed.ts'
import { seed } from '../seed.ts'
import { type BusyChain, included, startBusyChain } from './_busy-chain.ts'

const rounds = Number(process.env.FUGUE_ROUNDS ?? 8)
const names: ContractName[] = ['account', 'erc20', 'udc', 'counter', 'loop', 'hasher']
console.log(`seed ${seed}`)

/** The same simulations, by a machine on this thread. */
function here({ chain }: BusyChain): Simulations {
  const machine = createStarknetMachine({ crypto: defaultCrypto() })
  for (const name of names) {
    const { classHash, sierra, casm } = loadContract(name)
    machine.accept(classMessage(classHash, sierra, casm))
  }
  const simulator = new Simulator(machine, () => false)
  const ask: Ask = async (kind, make) => {
    const request = { kind, ...make() } as Request
    return simulator.answer(request, chain.stateOf(request.at)) as never
  }
  return new Simulations({ chain, registry: new CasmRegistry(), prepareClass: () => {}, ask })
}

class Comparison {
  readonly busy: BusyChain
  readonly random: Random
  readonly #here: Simulations
  /** Next nonce of each account. */
  readonly #nonces: bigint[]

  constructor(busy: BusyChain, random: Random) {
    this.busy = busy
    this.random = random
    this.#here = here(busy)
    this.#nonces = busy.accounts.map((_, index) => (index === 0 ? busy.nonce : 0n))
  }

  /** Some transactions, until they are executed; sometimes the block is closed, sometimes blocks are taken back. */
  async grow(): Promise<void> {
    const { chain, accounts } = this.busy
    const hashes = Array.from({ length: this.random.below(6) }, () => {
      const index = this.random.below(accounts.length)
      const transaction = this.#invoke(index, this.#nonces[index]!++)
      return chain.submit(transaction, null)
    })
    for (const hash of await Promise.all(hashes)) await included(chain, hash)
    if (this.random.oneIn(2)) await chain.createBlock()
    if (!this.random.oneIn(4) || chain.store.height() < 8) return
    await chain.abortBlocks({ number: chain.store.height() - this.random.below(2) })
    const state = chain.stateOf('pre_confirmed')
    for (const [index, { address }] of accounts.entries()) {
      this.#nonces[index] = state.nonceAt(address)
    }
  }

  /** Everything, at the newest state and at one block or two. */
  async compare(): Promise<void> {
    const { chain } = this.busy
    const height = chain.store.height()
    const places: StateId[] = ['pre_confirmed', height, this.random.below(height + 1)]
    for (const at of places) {
      const calls = Array.from({ length: 6 }, () => this.#call())
      const answers = await Promise.all(
        calls.map(async (call) => [await chain.call(call, at), await this.#here.call(call, at)]),
      )
      for (const [there, expected] of answers) assert.equal(there, expected)
      const list = this.#list()
      const skip = () => this.random.oneIn(2)
      const flags = { skipValidate: skip(), skipFeeCharge: skip() }
      assert.equal(
        (await chain.simulate(list, at, flags)).executions,
        (await this.#here.simulate(list, at, flags)).executions,
      )
      assert.equal(
        (await chain.estimate(list, at, flags)).estimates,
        (await this.#here.estimate(list, at, flags)).estimates,
      )
    }
  }

  #call() {
    const { random } = this
    const { accounts, addresses } = this.busy
    const [contractAddress, name, calldata] = random.pick<[bigint, string, bigint[]]>([
      [STRK_ADDRESS, 'balance_of', [random.pick(accounts).address]],
      [STRK_ADDRESS, 'transfer', [5n, 1n, 0n]],
      [STRK_ADDRESS, 'nothing', []],
      [addresses.counter!, 'get', []],
      [addresses.counter!, 'increment', []],
      [addresses.loop!, 'work', [BigInt(random.below(2000))]],
      [addresses.hasher!, 'pedersen', [BigInt(random.below(5))]],
      [0x123n, 'get', []],
      [addresses.loop!, 'work', []],
    ])
    return { contractAddress, entryPointSelector: selector(name), calldata }
  }

  /** A list of one account's transactions, of which some may fail. */
  #list(): BroadcastTransaction[] {
    const { random, busy } = this
    const index = random.below(busy.accounts.length)
    const first = this.#nonces[index]! + BigInt(random.oneIn(8) ? 1 : 0)
    return Array.from({ length: 1 + random.below(3) }, (_, place) => {
      const transaction = this.#invoke(index, first + BigInt(place))
      if (random.oneIn(6)) transaction.signature = [1n, 2n]
      if (random.oneIn(3)) transaction.version += QUERY_VERSION
      return { transaction, contractClass: null }
    })
  }

  #invoke(index: number, nonce: bigint) {
    const { random } = this
    const { accounts, addresses, chain } = this.busy
    const account = accounts[index]!
    if (random.oneIn(2)) {
      const amount = random.oneIn(5) ? 10n ** 24n : BigInt(random.below(1000))
      return signedTransfer(account, nonce, random.pick(accounts).address, amount, chain.chainId)
    }
    const call = random.oneIn(2)
      ? [addresses.counter!, selector('increment'), 0n]
      : [addresses.loop!, selector('work'), 1n, BigInt(random.below(300))]
    return signedInvoke(account, nonce, [1n, ...call], chain.chainId)
  }
}

for (const onDisk of [false, true]) {
  test(`${onDisk ? 'on disk' : 'in memory'}: threads answer as this one does`, async () => {
    const args = ['--seed', `${seed % 1000}`, '--accounts', '4', '--block-generation-on', 'demand']
    const busy = await startBusyChain(['counter', 'loop', 'hasher'], { onDisk, args })
    try {
      const comparison = new Comparison(busy, new Random(seed + Number(onDisk)))
      for (let round = 0; round < rounds; round++) {
        await comparison.grow()
        await comparison.compare()
      }
    } finally {
      await busy.stop()
    }
  })
}

test('a declare is simulated on the threads before the chain knows its class', async () => {
  const busy = await startBusyChain([])
  try {
    const { classHash, compiledClassHash, sierra } = loadContract('pool')
    const { chainId } = busy.chain
    const transaction = signedDeclare(busy.accounts[0]!, 0n, classHash, compiledClassHash, chainId)
    const flags = { skipValidate: false, skipFeeCharge: false }
    const list = [{ transaction, contractClass: sierra }]
    const { executions } = await busy.chain.simulate(list, 'pre_confirmed', flags)
    assert.is(executions[0]!.outcome, 'SUCCEEDED', executions[0]!.reason ?? '')
    assert.is(executions[0]!.stateDiff.declaredClasses.get(classHash), compiledClassHash)
  } finally {
    await busy.stop()
  }
})

test.run()
