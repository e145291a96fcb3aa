#!/usr/bin/env node
/**
 * The command line: reads it, starts a node, stops it when it is told to; or runs a command on a data folder.
 *
 * Exit codes: 0 after a stop by signal, 2 for anything that the user can put right (said in one sentence, no stack), 1 for
 * a chain that is damaged or does not verify, and for a bug of ours.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createChain } from './main.ts'
import { banner } from './node/banner.ts'
import { runFolderCommand } from './node/commands/folder-command.ts'
import { type NodeConfig, readCommand } from './node/config.ts'
import { hex } from './node/encode/felts.ts'
import { helpText } from './node/flags.ts'
import { startNode } from './node/start.ts'
import { startRefusal } from './node/start-refusal.ts'
import { UsageError } from './node/usage-error.ts'
import { packageRoot } from './shared/package-root.ts'
import type { Block } from './starknet/block.ts'
import { DamagedError } from './storage/checksum.ts'
import { FolderError } from './storage/folder-error.ts'

const version: string = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')).version

/** Addresses that only this machine reaches. */
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '::1'])

try {
  const command = readCommand(process.argv.slice(2), process.env, availableParallelism())
  if (command.name === 'help') console.log(helpText(version))
  else if (command.name === 'version') console.log(version)
  else if (command.name === 'dev') await start(inFolder(command.config))
  else if (command.name === 'run') await start(command.config)
  else process.exitCode = await runFolderCommand(command, (line) => console.log(line))
} catch (thrown) {
  const error = startRefusal(thrown)
  const isUsersAffair = error instanceof UsageError || error instanceof FolderError
  if (!isUsersAffair && !(error instanceof DamagedError)) throw error
  console.error(`fugue: ${error.message}`)
  process.exit(isUsersAffair ? 2 : 1)
}

/** One line per block, so that a terminal shows the chain grow. */
function sayBlock({ header }: Block): void {
  console.log(`block ${header.number}  ${header.transactionCount} tx  ${hex(header.blockHash)}`)
}

/** A folder for the time of the process, unless one was given. */
function inFolder(config: NodeConfig): NodeConfig {
  if (config.chain.dataDir !== null) return config
  const dataDir = mkdtempSync(join(tmpdir(), 'fugue-dev-'))
  process.on('exit', () => rmSync(dataDir, { recursive: true, force: true }))
  console.log(`the chain is kept in ${dataDir} until this ends; --data-dir keeps it for longer`)
  return { ...config, chain: { ...config.chain, dataDir } }
}

async function start(config: NodeConfig): Promise<void> {
  for (const warning of config.warnings) console.error(`fugue: ${warning}`)
  if (!LOOPBACK.has(config.host)) {
    console.error(`fugue: ${config.host} may be reached by others, and the keys below are public`)
  }
  const startMs = performance.now()
  const running: { stop(): Promise<void> }[] = []
  let stoppedMs: number | null = null
  const stop = async (): Promise<void> => {
    if (stoppedMs !== null) {
      // One Ctrl-C may arrive twice, from the terminal and from npm; one more, later, is impatience.
      if (performance.now() - stoppedMs > 1000) process.exit(0)
      return
    }
    stoppedMs = performance.now()
    for (const part of running.reverse()) await part.stop()
    process.exit(0)
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  // The terminal was closed.
  process.on('SIGHUP', stop)
  const chain = await createChain(config.chain, {
    blockAppended: sayBlock,
    blocksAborted: (height) => console.log(`blocks above ${height} were taken back`),
  })
  running.push(chain)
  const node = await startNode(chain, config).catch(async (error: unknown) => {
    await chain.stop()
    throw error
  })
  running.push(node)
  void chain.broken.then((reason) => {
    // A disk that cannot be written is the user's to put right, a damaged one is no bug either.
    const disk = /^(?:journal: |\w+: (WriteError|DamagedError): )(.*)/s.exec(reason)
    console.error(`fugue: ${disk === null ? `the sequencer cannot go on: ${reason}` : disk[2]}`)
    process.exit(disk === null || disk[1] === 'DamagedError' ? 1 : 2)
  })
  console.log(banner(version, config, node))
  console.log(`ready in ${((performance.now() - startMs) / 1000).toFixed(1)} s`)
  // Only now: whoever waits for the node does not wait for this.
  const { warmBlock } = await import('./lab/warm-block.ts')
  chain.pool?.warm(warmBlock())
}
