/**
 * `npm run bench -- start [--runs 9] [--json FILE]`: what a thread costs before it is as fast as the others.
 *
 *     tables               the kernels' shared tables, once a process
 *     image/first          the first image of a new thread; `image/next` the median of twenty more there
 *     worker/ready         from starting a worker to its having kernels, machine and programs
 *     worker/first         its first block, of one transfer; then blocks of 100 transfers, memos empty, one by one:
 *     worker/100 …         microseconds of a transaction in the first, second, fifth, tenth and thirtieth hundred
 *     warmed/100 …         the same for workers that were left alone for two seconds, as those of a node are
 *
 * Every run starts a new worker. A worker of the pool shares tables, compiled kernels and images; its JavaScript is
 * compiled anew, which is what the hundreds show.
 */
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { numberOf } from '../spec/named.ts'
import { vectorPath } from '../spec/vectors.ts'
import { executeBlock } from '../src/executor/execute-block.ts'
import { attachCrypto, createCryptoMemory } from '../src/felt/crypto.ts'
import { bundleClasses, bundleInput, bundleState } from '../src/lab/run-bundle.ts'
import { buildWorkload } from '../src/lab/starknet-workloads.ts'
import { type WarmBlock, warmBlock } from '../src/lab/warm-block.ts'
import { loadState } from '../src/mvmemory/memory.ts'
import { Pool } from '../workers/pool.ts'
import { median } from './_figures.ts'
import type { ImageTimes } from './_image-thread.ts'
import { report } from './_rows.ts'

const HUNDRED = 100
const HUNDREDS = [1, 2, 5, 10, 30]
const ALONE_MS = 2000

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { runs: { type: 'string', default: '9' }, json: { type: 'string' } },
  })
  const runs = numberOf('runs', values.runs)
  const startMs = performance.now()
  const crypto = createCryptoMemory(3)
  const rows: object[] = [{ name: 'tables', milliseconds: round(performance.now() - startMs) }]
  rows.push(...(await timeImages(runs)))
  rows.push(...(await timeWorkers('worker', crypto, runs, null)))
  rows.push(...(await timeWorkers('warmed', crypto, runs, warmBlock())))
  report('start', rows, args)
}

/** Images of a large class in threads of their own. */
async function timeImages(runs: number): Promise<object[]> {
  const file = vectorPath('classes/erc20-blockifier.casm.json')
  if (!existsSync(file)) {
    console.error(`left out: image (looked for ${file})`)
    return []
  }
  const times: ImageTimes[] = []
  for (let turn = 0; turn < runs; turn++) {
    const thread = new Worker(new URL('./_image-thread.js', import.meta.url), { workerData: file })
    times.push((await once(thread, 'message'))[0])
    await thread.terminate()
  }
  return (['first', 'next'] as const).map((which) => ({
    name: `image/${which}`,
    milliseconds: round(median(times.map((time) => time[which]))),
  }))
}

/** New workers at blocks of transfers, one after the other. */
async function timeWorkers(
  name: string,
  crypto: WebAssembly.Memory,
  runs: number,
  warm: WarmBlock | null,
): Promise<object[]> {
  const most = HUNDREDS[HUNDREDS.length - 1]!
  const transactions = 1 + most * HUNDRED
  const bundle = buildWorkload('transfers', { transactions, accounts: 2 * transactions, seed: 1 })
  const messages = bundleClasses(bundle)
  const state = bundleState(bundle)
  const { constants, transactions: all } = bundleInput(bundle)
  const own = attachCrypto(crypto, 0)
  const ready: number[] = []
  const first: number[] = []
  const hundreds = HUNDREDS.map((): number[] => [])
  for (let turn = 0; turn < runs; turn++) {
    own.forgetHashes()
    const startMs = performance.now()
    const machine = { kind: 'starknet', crypto, cairo: 'fast' } as const
    const pool = await Pool.start({ workers: 1, machine })
    for (const message of messages) pool.publish(message)
    ready.push(performance.now() - startMs)
    loadState(pool.memory, state)
    if (warm !== null) {
      pool.warm(warm)
      await delay(ALONE_MS)
    }
    const time = async (from: number, count: number) => {
      const input = { constants, transactions: all.slice(from, from + count) }
      const beginMs = performance.now()
      const { statistics } = await executeBlock(input, pool)
      if (statistics.fallback !== null) throw new Error(statistics.fallback)
      return performance.now() - beginMs
    }
    first.push(await time(0, 1))
    for (let hundred = 1; hundred <= most; hundred++) {
      const ms = await time(1 + (hundred - 1) * HUNDRED, HUNDRED)
      const row = HUNDREDS.indexOf(hundred)
      if (row >= 0) hundreds[row]!.push((ms * 1000) / HUNDRED)
    }
    await pool.stop()
  }
  return [
    { name: `${name}/ready`, milliseconds: round(median(ready)) },
    { name: `${name}/first`, milliseconds: round(median(first)) },
    ...HUNDREDS.map((hundred, i) => ({
      name: `${name}/${hundred * HUNDRED}`,
      microsPerCall: round(median(hundreds[i]!)),
    })),
  ]
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
