/**
 * `fugue run` on a chain of 100,000 blocks (`--blocks N`), one transfer in each: from the start of the process until it
 * serves; every other start finds what a killed process left. For comparison the same on a chain that has genesis alone.
 * Nodes of the tries have cheap hashes, for a start looks at none.
 */
import { mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startNodeProcess } from '../spec/crash/_node-process.ts'
import { numberOf } from '../spec/named.ts'
import { openJournalFolder } from '../src/ordering/files.ts'
import { openLogEngine } from '../src/ordering/log.ts'
import { encodeSubmitted } from '../src/ordering/submission-codec.ts'
import type { SealedBlock } from '../src/starknet/sealed-block.ts'
import { inFolder } from './_block-maker.ts'
import { median } from './_figures.ts'
import { OpenAccounts } from './_open-accounts.ts'
import { row, type StateRow } from './_state-rows.ts'
import { quickHashes } from './_state-tries.ts'

const ACCOUNTS = 1000
const STARTS = 9
/** Blocks that are written together. */
const TOGETHER = 500
/** Blocks that a file of the journal holds. */
const JOURNALED = 2000

export async function start(folder: string, args: string[]): Promise<StateRow[]> {
  const { values } = parseArgs({
    args,
    strict: false,
    options: { blocks: { type: 'string', default: '100000' } },
  })
  const blocks = numberOf('blocks', String(values.blocks))
  const [few, many] = ['few', 'many'].map((name) => join(folder, name)) as [string, string]
  await inFolder(few, {}, () => {})
  const newest: SealedBlock[] = []
  await inFolder(many, quickHashes, (maker) => {
    const accounts = new OpenAccounts(ACCOUNTS)
    maker.deploy(accounts)
    for (let made = 0; made < blocks; made += TOGETHER) {
      maker.together(() => {
        for (let n = made; n < Math.min(blocks, made + TOGETHER); n++) {
          const sealed = maker.execute(accounts.transfers(1))
          maker.commit(sealed)
          if (n >= blocks - JOURNALED) newest.push(sealed)
        }
      })
    }
  })
  await writeJournal(join(many, 'journal'), newest)
  const waits = new Map([few, many].map((dataDir) => [dataDir, [] as number[]]))
  const works = new Map([few, many].map((dataDir) => [dataDir, [] as number[]]))
  for (let round = 0; round < STARTS; round++) {
    // In turns, for the machine may be busy now and not later.
    for (const dataDir of [few, many]) {
      const node = await startNodeProcess(['run', '--data-dir', dataDir, ...nodeFlags])
      waits.get(dataDir)!.push(node.readyMs)
      works.get(dataDir)!.push(processorMs(node.child.pid!))
      if (round % 2 === 0) await node.kill()
      else await node.stop()
    }
  }
  const megabytes = statSync(join(many, 'chain.mdb')).size / 2 ** 20
  const both = (name: string, dataDir: string) => [
    row(`start of the process until ready, ${name}`, median(waits.get(dataDir)!), 'ms'),
    row(`start, time on processors, ${name}`, median(works.get(dataDir)!), 'ms'),
  ]
  return [
    ...both('1 block', few),
    ...both(`${blocks} blocks`, many),
    row(`database of ${blocks} blocks of 1 transfer`, megabytes, 'MB'),
  ]
}

/** The journal as a node leaves it that has made these blocks: they fill its newest file. */
async function writeJournal(path: string, blocks: readonly SealedBlock[]): Promise<void> {
  const [first] = blocks
  rmSync(path, { recursive: true })
  mkdirSync(path)
  const journal = await openLogEngine(await openJournalFolder(path))
  const term = await journal.campaign(first!.context.number - 1)
  for (const [index, { context, transactions }] of blocks.entries()) {
    const height = context.number
    const batch = transactions.map(({ hash, transaction }) => ({
      hash,
      body: encodeSubmitted({ transaction, declared: null }),
    }))
    const included = batch.map(({ hash }) => hash)
    void journal.submit(batch)
    void journal.begin(term, { context })
    void journal.extend(term, { height, index: 0, included, dropped: [], digest: 0 })
    const sealed = journal.seal(term, { height, count: included.length, reason: 'idle' })
    if (index % TOGETHER === 0 || index === blocks.length - 1) await sealed
  }
  await journal.close()
}

/** Time of a process on processors so far, all threads, where the system tells it: what others do does not lengthen it. */
function processorMs(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return 10 * (Number(fields[11]) + Number(fields[12]))
  } catch {
    return Number.NaN
  }
}

/** As the folders were made. */
const nodeFlags = ['--port', '0', '--seed', '1', '--accounts', '2', '--workers', '2']
