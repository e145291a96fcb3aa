/**
 * Compiled classes that were added while a node ran, in its data folder: a file each, named by hash. A declare that is
 * admitted has its copy in the journal, then in the database; until there is one, this is all there is of the class.
 *
 * Invariant: a file of that ending is whole, for it gets its name when it is on the disk.
 */
import { mkdir, open, readdir, rename, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { FolderError, folderErrorOf } from './folder-error.ts'
import { syncFolder } from './sync-folder.ts'

/** All files together: some hundreds of the largest classes. */
const MOST_BYTES = 2 ** 30

export class CasmFolder {
  readonly path: string
  /** One after the other: they share the name of the draft. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(path: string) {
    this.path = path
  }

  /** Keeps a class, in place of an older one of that hash; resolves when it is on the disk. */
  keep(hash: bigint, casm: unknown): Promise<void> {
    const kept = this.#turn.then(() => this.#keep(hash, JSON.stringify(casm)))
    this.#turn = kept.catch(() => {})
    return kept
  }

  async #keep(hash: bigint, text: string): Promise<void> {
    try {
      const made = await mkdir(this.path, { recursive: true })
      if (made !== undefined) await syncFolder(dirname(this.path))
      if ((await this.#size()) + text.length > MOST_BYTES) {
        throw new FolderError(`${this.path} has ${MOST_BYTES} bytes already; remove old files`)
      }
      const draft = join(this.path, 'draft.new')
      await writeDurably(draft, text)
      await rename(draft, join(this.path, `0x${hash.toString(16)}.casm.json`))
      await syncFolder(this.path)
    } catch (error) {
      throw folderErrorOf(this.path, error)
    }
  }

  async #size(): Promise<number> {
    const sizes = await Promise.all(
      (await readdir(this.path)).map(async (name) => (await stat(join(this.path, name))).size),
    )
    return sizes.reduce((sum, size) => sum + size, 0)
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'w')
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}
