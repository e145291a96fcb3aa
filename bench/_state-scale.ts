/**
 * A large state and a long chain, by default 1,000,000 accounts and 10,000 blocks of 100 transfers, through all of the
 * sequencer: intake, journal, two executors, tries, database. `--accounts N --blocks N --transfers N` say otherwise;
 * `--minutes N` ends it after so many.
 *
 * A hundred times on the way it looks at memory, at the pace and at reads of balances, of any account at the tip and at any
 * height. A figure that says `early` is of the second tenth of the run, `late` of the last.
 */
import { execFileSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { numberOf } from '../spec/named.ts'
import { Random } from '../src/lab/random.ts'
import { createChain, type RunningChain } from '../src/main.ts'
import { STRK_ADDRESS } from '../src/node/genesis.ts'
import { feeBalanceKey } from '../src/starknet/addresses.ts'
import { benchOptions } from './_block-maker.ts'
import { drive } from './_drive-chain.ts'
import { median, quantile } from './_figures.ts'
import { OpenAccounts } from './_open-accounts.ts'
import { type Memory, memoryNow, tenths } from './_samples.ts'
import { folderBytes, row, type StateRow } from './_state-rows.ts'

const SAMPLES = 100
/** Reads of a sample, of either kind. */
const READS = 50
const builder = join(dirname(fileURLToPath(import.meta.url)), '_build-folder.js')

interface Sample {
  memory: Memory
  perSecond: number
  tipMicros: number[]
  oldMicros: number[]
}

export async function scale(folder: string, args: string[]): Promise<StateRow[]> {
  const { values } = parseArgs({
    args,
    strict: false,
    options: {
      accounts: { type: 'string', default: '1000000' },
      blocks: { type: 'string', default: '10000' },
      transfers: { type: 'string', default: '100' },
      minutes: { type: 'string', default: 'Infinity' },
    },
  })
  const [count, blocks, transfers] = (['accounts', 'blocks', 'transfers'] as const).map((name) =>
    numberOf(name, String(values[name])),
  )
  const accounts = new OpenAccounts(count!)
  const dataDir = join(folder, 'chain')
  const buildMs = performance.now()
  execFileSync(process.execPath, [builder, dataDir, `${count}`], { stdio: 'inherit' })
  say(`${count} accounts after ${Math.round((performance.now() - buildMs) / 1000)} s`)
  const database = join(dataDir, 'chain.mdb')
  const chain = await createChain(benchOptions(dataDir))
  const bytesBefore = statSync(database).size
  const first = chain.store.height() + 1
  const every = Math.max(1, Math.floor(blocks! / SAMPLES))
  const samples: Sample[] = []
  let sinceMs = performance.now()
  const driven = await drive(chain, accounts, {
    blocks: blocks!,
    transfers: transfers!,
    mostMs: numberOf('minutes', String(values.minutes), 0) * 60_000,
    between: (sealed) => {
      if (sealed % every !== 0) return
      const nowMs = performance.now()
      const perSecond = (every * transfers! * 1000) / (nowMs - sinceMs)
      const memory = memoryNow()
      samples.push({ memory, perSecond, ...readTimes(chain, accounts, first) })
      say(`block ${sealed}: ${textOf(samples.at(-1)!)}`)
      sinceMs = performance.now()
    },
  })
  await chain.stop()
  const total = driven.blocks * transfers!
  const bytes = statSync(database).size - bytesBefore
  const named = ({ name, median, unit }: StateRow) =>
    row(`${name}, ${count} accounts, ${driven.blocks} blocks of ${transfers}`, median, unit)
  return [
    row('transfers', (total * 1000) / driven.totalMs, 'transfers/s'),
    row('order waits for commit', (100 * driven.waitedMs) / driven.totalMs, '% of the time'),
    row('database', statSync(database).size / 2 ** 20, 'MB'),
    row('database bytes of a transfer', bytes / total, 'bytes'),
    row('journal at the end', folderBytes(join(dataDir, 'journal')) / 2 ** 20, 'MB'),
    ...rowsOf(samples),
  ].map(named)
}

function rowsOf(samples: Sample[]): StateRow[] {
  const overTime = (name: string, unit: string, figure: (sample: Sample) => number) => {
    const { early, late } = tenths(samples.map(figure))
    return [row(`${name}, early`, early, unit), row(`${name}, late`, late, unit)]
  }
  return [
    ...overTime('pace', 'transfers/s', ({ perSecond }) => perSecond),
    ...overTime('memory without the map of the database', 'MB', ({ memory }) => memory.own),
    row('memory, at most', Math.max(...samples.map(({ memory }) => memory.own)), 'MB'),
    ...overTime('heap of main', 'MB', ({ memory }) => memory.heap),
    ...overTime('map of the database in memory', 'MB', ({ memory }) => memory.mapped),
    ...overTime('balance of anyone at the tip', 'µs', ({ tipMicros }) => median(tipMicros)),
    ...overTime('balance of anyone at any height', 'µs', ({ oldMicros }) => median(oldMicros)),
    row(
      'balance of anyone at the tip, p99',
      quantile(
        samples.flatMap((s) => s.tipMicros),
        0.99,
      ),
      'µs',
    ),
    row(
      'balance of anyone at any height, p99',
      quantile(
        samples.flatMap((s) => s.oldMicros),
        0.99,
      ),
      'µs',
    ),
  ]
}

/** Times of single reads through the store; heights from `first` on. */
function readTimes(
  { store }: RunningChain,
  accounts: OpenAccounts,
  first: number,
): Pick<Sample, 'tipMicros' | 'oldMicros'> {
  const height = store.height()
  const random = new Random(height)
  const timeOf = (at: () => number) => {
    const key = feeBalanceKey(accounts.address(random.below(accounts.count)))
    const state = store.stateAt(at())
    const startMs = performance.now()
    state.storageAt(STRK_ADDRESS, key)
    return (performance.now() - startMs) * 1000
  }
  const times = (at: () => number) => Array.from({ length: READS }, () => timeOf(at))
  const anyHeight = () => first - 1 + random.below(height - first + 2)
  return { tipMicros: times(() => height), oldMicros: times(anyHeight) }
}

function textOf({ memory, perSecond, tipMicros, oldMicros }: Sample): string {
  const { own, mapped, heap } = memory
  const megabytes = [own, mapped, heap].map(Math.round)
  return (
    `${Math.round(perSecond)} tx/s, memory alone/mapped/heap ${megabytes.join('/')} MB, ` +
    `reads ${median(tipMicros).toFixed(1)} µs at the tip, ${median(oldMicros).toFixed(1)} µs below`
  )
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}
