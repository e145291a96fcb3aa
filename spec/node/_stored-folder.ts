/**
 * A chain in a data folder that no node uses, for specs of the commands on it, and copies of it that were changed.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { runFolderCommand } from '../../src/node/commands/folder-command.ts'
import { type StoredChain, withStoredChain } from '../../src/node/commands/stored-chain.ts'
import { type FolderCommand, readCommand } from '../../src/node/config.ts'
import { packageRoot } from '../../src/shared/package-root.ts'
import { KEPT_HEIGHTS } from '../../src/storage/chain-writer.ts'
import { startRealNode } from './_real-node.ts'

/** Everything is in here, and goes with the process. */
export const base = mkdtempSync(join(tmpdir(), 'fugue-commands-'))
process.on('exit', () => rmSync(base, { recursive: true }))

export const folder = join(base, 'chain')
let copies = 0
/** Height of the newest block, and a block with a transfer. */
export let height = 0
export let busy = 0
export let transfer = ''

/** Makes the chain: transfers, a declared class, a deployed contract, and blocks that pruning may drop. */
export async function makeChain(): Promise<void> {
  try {
    await build()
  } catch (error) {
    // A node that is left would keep the process.
    console.error(error)
    process.exit(1)
  }
}

async function build(): Promise<void> {
  const node = await startRealNode(['--data-dir', folder, '--accounts', '2', '--workers', '1'])
  const account = node.account(0)
  const wait = async ({ transaction_hash: hash }: { transaction_hash: string }) =>
    assert.ok((await node.provider.waitForTransaction(hash)).isSuccess())
  for (let count = 0; count < 10; count++) await node.chain.createBlock()
  const strk = '0x4718f5a0fc34cc1af16a1cdee98ffb20c31f5cd61d6ab07201858f4287c938d'
  const call = { contractAddress: strk, entrypoint: 'transfer', calldata: ['0x77', '0x5', '0x0'] }
  const sent = await account.execute(call)
  await wait(sent)
  transfer = sent.transaction_hash
  const artifact = (kind: string) =>
    JSON.parse(
      readFileSync(join(packageRoot, `src/contracts/artifacts/counter.${kind}.json`), 'utf8'),
    )
  const payload = { contract: artifact('sierra'), casm: artifact('casm') }
  const declared = await account.declare(payload)
  await wait(declared)
  await wait(
    await account.deployContract({ classHash: declared.class_hash, constructorCalldata: ['0x1'] }),
  )
  await node.chain.mint(0x99n, 5n, 'WEI')
  // The newest heights are never pruned.
  for (let count = 0; count < KEPT_HEIGHTS; count++) await node.chain.createBlock()
  height = node.chain.store.height()
  busy = node.chain.store.findTransaction(BigInt(transfer))!.block.header.number
  await node.stop()
}

export interface Said {
  code: number
  lines: string[]
  text: string
}

/** Runs a command on a folder. */
export async function command(dataDir: string, ...args: string[]): Promise<Said> {
  const lines: string[] = []
  const read = readCommand([...args, '--data-dir', dataDir], {}, 1) as FolderCommand
  const code = await runFolderCommand(read, (line) => lines.push(line))
  return { code, lines, text: lines.join('\n') }
}

/** What is said of a command that is refused. */
export async function refused(dataDir: string, ...args: string[]): Promise<string> {
  try {
    await command(dataDir, ...args)
  } catch (error) {
    assert.match((error as Error).name, /^(UsageError|FolderError)$/)
    return (error as Error).message
  }
  assert.unreachable(`${args.join(' ')} was done`)
  return ''
}

/** A copy of the folder, changed. */
export async function changed(change: (chain: StoredChain) => void): Promise<string> {
  const copy = join(base, `copy-${copies++}`)
  cpSync(folder, copy, { recursive: true })
  await withStoredChain(copy, (chain) => chain.database.root.transactionSync(() => change(chain)))
  return copy
}
