/**
 * Whole transactions as the oracle's `bench` times them: the execution of a block in memory, from its encoded transactions
 * to its results and changes. Loading, hashing and class images are outside, and the state is put back after each run.
 *
 *     cold   every memo is emptied before the run: Pedersen hashes, EcOps, tables of known keys
 *     warm   the same block again, which finds what the run before it left
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { oraclePath, vectorPath } from '../spec/vectors.ts'
import type { BlockInput } from '../src/executor/block.ts'
import { COMPLETED, type VirtualMachine } from '../src/executor/machine.ts'
import { executeSequentially } from '../src/executor/sequential.ts'
import type { Crypto } from '../src/felt/crypto.ts'
import { type Bundle, readBundle } from '../src/lab/bundle.ts'
import { bundleClasses, bundleInput, bundleState } from '../src/lab/run-bundle.ts'
import { buildWorkload } from '../src/lab/starknet-workloads.ts'
import { createEngineMemory, type EngineMemory, loadState } from '../src/mvmemory/memory.ts'
import { createStarknetMachine } from '../src/starknet/machine.ts'
import { compileModule, HOT_STEPS } from '../src/vm/tier/tier.ts'

/** A thousand transfers each, of accounts that check nothing and of accounts that verify. */
export const wholeBlocks = { transfer: 'transfers', 'transfer-signed': 'transfers-signed' } as const

const TRANSFERS = 1000

export interface WholeBlock {
  /** `own-…` where it is not that of the vectors. */
  name: string
  bundle: Bundle
  /** For the oracle; null where the vectors are absent. */
  file: string | null
}

/** A block of the vectors; where these are absent, one of that shape of our own contracts. */
export function wholeBlock(name: keyof typeof wholeBlocks): WholeBlock {
  const workload = wholeBlocks[name]
  const file = vectorPath(`golden/bench/${workload}.bundle.json`)
  if (existsSync(file)) return { name, bundle: readBundle(file, [vectorPath('npm')]), file }
  console.error(`${name} is a block of our own contracts, own-${name} (looked for ${file})`)
  const options = { transactions: TRANSFERS, accounts: 2 * TRANSFERS, seed: 1 }
  return { name: `own-${name}`, bundle: buildWorkload(workload, options), file: null }
}

/** A block that can be run again and again on this thread. */
export class WholeRun {
  readonly transactions: number
  private readonly crypto: Crypto
  private readonly machine: VirtualMachine
  private readonly memory: EngineMemory
  private readonly input: BlockInput

  constructor(bundle: Bundle, crypto: Crypto) {
    this.crypto = crypto
    const tier = { hotSteps: HOT_STEPS, compile: compileModule }
    this.machine = createStarknetMachine({ crypto, tier })
    for (const message of bundleClasses(bundle)) this.machine.accept(message)
    this.memory = createEngineMemory({ executors: 1 })
    loadState(this.memory, bundleState(bundle))
    this.input = bundleInput(bundle)
    this.transactions = this.input.transactions.length
  }

  /** Runs the block once; microseconds per transaction, as the wall shows them and of processor time. */
  run(memos: 'cold' | 'warm'): { wall: number; processor: number } {
    const { crypto, memory, input } = this
    if (memos === 'cold') {
      crypto.forgetHashes()
      crypto.forgetBases()
      crypto.forgetEcOps()
    }
    const before = process.cpuUsage()
    const startMs = performance.now()
    const { outcomes, changes } = executeSequentially(input, this.machine, memory)
    const wall = (performance.now() - startMs) * 1000
    const { user, system } = process.cpuUsage(before)
    if (outcomes.some((outcome) => outcome !== COMPLETED)) throw new Error('a rejection')
    loadState(
      memory,
      changes.map((change) => ({ key: change.key, after: change.before })),
    )
    const count = input.transactions.length
    return { wall: wall / count, processor: (user + system) / count }
  }
}

/** Microseconds per transaction of the real Blockifier on a block: the median of its runs, one after the other. */
export async function blockifierMicros(file: string, runs: number): Promise<number | null> {
  if (!existsSync(oraclePath)) return null
  const args = ['bench', file, '--class-dir', vectorPath('npm'), '--runs', `${runs}`]
  const { stdout } = await promisify(execFile)(oraclePath, args)
  const { results } = JSON.parse(stdout) as { results: { median_us_per_tx: number }[] }
  return results[0]!.median_us_per_tx
}
