/**
 * Makes the names in a folder survive a power cut: that a file or folder has come or gone is durable when the folder that it
 * is in is synced, where the system lets one do that.
 */
import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

const isPossible = process.platform !== 'win32'

/** Resolves when it is done. */
export async function syncFolder(path: string): Promise<void> {
  if (!isPossible) return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Returns when it is done: for a start, when nobody else waits for this thread. */
export function syncFolderNow(path: string): void {
  if (!isPossible) return
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

/** Makes a folder, and those above it that are not there, for good. */
export function makeFolderNow(path: string): void {
  const lowest = resolve(path)
  const highest = mkdirSync(lowest, { recursive: true })
  if (highest === undefined) return
  for (let made = lowest; made.length >= highest.length; made = dirname(made)) {
    syncFolderNow(dirname(made))
  }
}
