/**
 * The few things that a journal does with files. Specs put a file system of their own in its place, which loses what was
 * not synced, tears writes and runs full.
 */
import { type FileHandle, mkdir, open, readdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { syncFolder } from '../storage/sync-folder.ts'

export interface JournalFolder {
  /** Names of the files, in any order. */
  list(): Promise<string[]>
  /** A new, empty file whose name is durable. */
  create(name: string): Promise<JournalFile>
  open(name: string): Promise<JournalFile>
  /** Removes a file for good: what is removed later cannot be gone while it is back. */
  remove(name: string): Promise<void>
}

export interface JournalFile {
  /** All of its bytes. */
  read(): Promise<Uint8Array>
  /** Writes all of the bytes at the offset. */
  write(bytes: Uint8Array, offset: number): Promise<void>
  /** Resolves when everything written is durable. */
  sync(): Promise<void>
  /** Cuts what is behind the length. */
  truncate(length: number): Promise<void>
  close(): Promise<void>
}

/** A folder of the file system, made if it is not there. */
export async function openJournalFolder(path: string): Promise<JournalFolder> {
  await mkdir(path, { recursive: true })
  return {
    list: () => readdir(path),
    create: async (name) => {
      const file = await open(join(path, name), 'wx+')
      try {
        await syncFolder(path)
      } catch (error) {
        await file.close()
        // It would be in the way of the next attempt.
        await unlink(join(path, name))
        throw error
      }
      return new DiskFile(file)
    },
    open: async (name) => new DiskFile(await open(join(path, name), 'r+')),
    remove: async (name) => {
      await unlink(join(path, name))
      await syncFolder(path)
    },
  }
}

class DiskFile implements JournalFile {
  readonly #file: FileHandle

  constructor(file: FileHandle) {
    this.#file = file
  }

  async read(): Promise<Uint8Array> {
    const { size } = await this.#file.stat()
    const bytes = Buffer.allocUnsafe(size)
    let length = 0
    while (length < size) {
      const { bytesRead } = await this.#file.read(bytes, length, size - length, length)
      if (bytesRead === 0) break
      length += bytesRead
    }
    return bytes.subarray(0, length)
  }

  async write(bytes: Uint8Array, offset: number): Promise<void> {
    let written = 0
    while (written < bytes.length) {
      const left = bytes.length - written
      const { bytesWritten } = await this.#file.write(bytes, written, left, offset + written)
      written += bytesWritten
    }
  }

  sync(): Promise<void> {
    return this.#file.datasync()
  }

  truncate(length: number): Promise<void> {
    return this.#file.truncate(length)
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}
