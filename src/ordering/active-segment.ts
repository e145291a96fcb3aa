/**
 * The segment that is appended to, group by group.
 *
 * Invariant: its first `bytes` are durable. When a write failed nothing stands behind them, or the engine ends.
 */
import { EngineError } from './engine.ts'
import type { JournalFile } from './files.ts'

export interface ActiveSegment {
  number: number
  /** Its durable size. */
  bytes: number
  file: JournalFile
}

/** Appends a group and makes it durable; a failure takes back what it wrote. */
export async function writeGroup(segment: ActiveSegment, bytes: Uint8Array): Promise<void> {
  const { file } = segment
  try {
    await file.write(bytes, segment.bytes)
    await file.sync()
  } catch (error) {
    await takeBack(segment, error as Error)
    throw error
  }
  segment.bytes += bytes.length
}

/** Cuts what a failed write left. What cannot be cut might be read as written one day, so then the engine ends. */
async function takeBack({ file, bytes }: ActiveSegment, cause: Error): Promise<void> {
  try {
    await file.truncate(bytes)
    await file.sync()
  } catch {
    throw new EngineError(cause.message)
  }
}
