/**
 * What could not be written, why, and what to do about it, in words for whoever runs the node. Nothing of a write that
 * failed is kept.
 */

/** Codes of the system, and of LMDB for a map that cannot grow. */
const reasons: Record<string, string> = {
  ENOSPC: 'the disk is full; free some space and start again',
  EDQUOT: 'the disk quota is used up; free some space and start again',
  EFBIG: 'the file may not become larger (a limit of the system); raise the limit and start again',
  ENOMEM: 'the system gives no more memory to map the file',
  // LMDB says so when a write was cut short, which is how a full disk looks.
  EIO: 'the disk is full or broken; free some space and start again',
  EROFS: 'the file system is read-only',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
}

/** By the numbers that LMDB passes on. */
const names: Record<number, string> = {
  5: 'EIO',
  12: 'ENOMEM',
  13: 'EACCES',
  27: 'EFBIG',
  28: 'ENOSPC',
  30: 'EROFS',
  122: 'EDQUOT',
}

export class WriteError extends Error {
  override name = 'WriteError'

  /** The error of a write, if it comes from the system; anything else is passed on as it is. */
  static of(what: string, error: unknown): unknown {
    const { code, message } = error as { code?: unknown; message?: string }
    const name = typeof code === 'number' ? (names[Math.abs(code)] ?? '') : String(code ?? '')
    const reason = reasons[name]
    if (reason === undefined && typeof code !== 'number') return error
    return new WriteError(`${what} was not written, nothing of it is kept: ${reason ?? message}`)
  }
}
