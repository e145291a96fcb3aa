/**
 * The commands on a data folder, by name.
 */
import type { FolderCommand } from '../config.ts'
import { abort } from './abort.ts'
import { dump, load } from './copy.ts'
import { inspectBlock, inspectDatabase, inspectTransaction } from './inspect.ts'
import { prune } from './prune.ts'
import { lookAtStoredChain, type StoredChain } from './stored-chain.ts'
import { verify } from './verify.ts'

/** Runs a command; `say` prints a line. Returns the exit code. */
export async function runFolderCommand(
  command: FolderCommand,
  say: (line: string) => void,
): Promise<number> {
  const { dataDir } = command
  switch (command.name) {
    case 'inspect':
      for (const line of await lookAtStoredChain(dataDir, say, (chain) =>
        inspect(command, chain),
      )) {
        say(line)
      }
      return 0
    case 'verify':
      return await verify(command, say)
    case 'dump':
      await dump(dataDir, command.file, say)
      return 0
    case 'load':
      await load(dataDir, command.file, say)
      return 0
    case 'prune':
      await prune(dataDir, command.below, say)
      return 0
    case 'abort':
      await abort(dataDir, command.above, say)
      return 0
  }
}

function inspect(
  command: Extract<FolderCommand, { name: 'inspect' }>,
  chain: StoredChain,
): string[] {
  switch (command.what) {
    case 'db':
      return inspectDatabase(chain)
    case 'block':
      return inspectBlock(chain, command.id)
    case 'tx':
      return inspectTransaction(chain, command.id)
  }
}
