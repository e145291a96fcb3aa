/**
 * Makes the names in a folder survive a power cut: that a file has come or gone is durable when its folder is synced, where
 * the system lets one do that.
 */
import { closeSync, fsyncSync, openSync } from 'node:fs'
import { open } from 'node:fs/promises'

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
