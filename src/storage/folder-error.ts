/**
 * Why a data folder cannot be used, in one sentence for whoever runs the node.
 */
export class FolderError extends Error {
  override name = 'FolderError'
}

/** A living process of this machine has it. */
export class InUseError extends FolderError {}

const reasons: Record<string, string> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  ENOTDIR: 'a part of the path is a file',
  EEXIST: 'it is a file, not a folder',
  ENOENT: 'the system makes no folder there',
}

/** The refusal for an error of the system; anything else is passed on as it is. */
export function folderErrorOf(path: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException
  const reason = reasons[code ?? '']
  return reason === undefined ? error : new FolderError(`${path} cannot hold the chain: ${reason}`)
}
