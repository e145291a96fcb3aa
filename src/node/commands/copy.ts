/**
 * `fugue dump` and `fugue load`: a data folder as one file with a checksum, and back. The database is copied without the
 * pages that it no longer uses, so dumping and loading after pruning gives disk space back.
 */
import { rmSync } from 'node:fs'
import { readDump, writeDump } from '../../storage/dump-file.ts'
import { UsageError } from '../usage-error.ts'
import { readStoredChain } from './stored-chain.ts'

/** Writes the chain in a folder to a file. */
export async function dump(
  dataDir: string,
  file: string,
  say: (line: string) => void,
): Promise<void> {
  await readStoredChain(dataDir, say, async ({ folder, database, store }) => {
    const copy = `${file}.database`
    rmSync(copy, { force: true })
    try {
      await database.root.backup(copy, true)
      const bytes = await writeDump(file, folder.path, copy, store.height())
      say(`wrote blocks 0 to ${store.height()} to ${file}, ${bytes} bytes`)
    } finally {
      rmSync(copy, { force: true })
    }
  })
}

/** Makes a folder with the chain of a file. */
export async function load(
  dataDir: string,
  file: string,
  say: (line: string) => void,
): Promise<void> {
  const height = await readDump(file, dataDir)
  await readStoredChain(dataDir, say, ({ store }) => {
    if (store.height() !== height) {
      throw new UsageError(`${file} says it has ${height} blocks, but has ${store.height()}`)
    }
  })
  say(`${dataDir} holds blocks 0 to ${height}; 'fugue verify' checks them`)
}
