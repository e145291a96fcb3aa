/**
 * Where the journal in a folder stands, for those who only look at the folder: nothing is cut, nothing opened to write. An
 * unfinished write at the end counts for nothing; damage is met by whoever opens the journal.
 */
import type { Head } from './engine.ts'
import type { JournalFolder } from './files.ts'
import { readSegment, segmentsOf } from './open-segments.ts'
import { scanSegment } from './segment.ts'
import { Standing } from './standing.ts'

/** The head that an engine would have if it was opened there. Throws `EngineError` when a file is missing. */
export async function headOfFolder(folder: JournalFolder): Promise<Head> {
  const standing = new Standing()
  for (const number of await segmentsOf(folder)) {
    const { records } = scanSegment(await readSegment(folder, number), number)
    for (const record of records) standing.apply(record)
  }
  return standing.head
}
