/**
 * Where the journal in a folder stands, for those who only look at the folder: nothing is cut, nothing opened to write. An
 * unfinished write at the end counts for nothing; damage is an error, for behind it the chain may have gone on.
 */
import type { Head } from './engine.ts'
import type { JournalFolder } from './files.ts'
import { wholeSegments } from './open-segments.ts'
import { Standing } from './standing.ts'

/** The head that an engine would have if it was opened there. Throws `EngineError` when the journal is damaged. */
export async function headOfFolder(folder: JournalFolder): Promise<Head> {
  const standing = new Standing()
  for await (const { scanned } of wholeSegments(folder)) {
    for (const record of scanned.records) standing.apply(record)
  }
  return standing.head
}
