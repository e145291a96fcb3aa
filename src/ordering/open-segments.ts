/**
 * Opens the segments of a journal after any end: reads all of them, cuts a torn tail, refuses damage.
 *
 * Only the newest segment can end in what was never acknowledged; older ones were complete before it was begun. What is
 * missing or damaged elsewhere was acknowledged, so it is an error that names the place.
 */
import { EngineError } from './engine.ts'
import type { JournalFile, JournalFolder } from './files.ts'
import {
  type PlacedRecord,
  type ScannedSegment,
  scanSegment,
  segmentName,
  segmentNumber,
} from './segment.ts'

/** The segment that is appended to. */
export interface ActiveSegment {
  number: number
  file: JournalFile
  /** Its durable size. */
  bytes: number
}

export interface OpenedSegments {
  /** Null: there is none yet. */
  active: ActiveSegment | null
  /** Number of the group to write next. */
  nextGroup: number
}

/**
 * Opens a journal. `visit` sees all records in order; `say` is told what was cut.
 */
export async function openSegments(
  folder: JournalFolder,
  visit: (record: PlacedRecord, segment: number) => void,
  say: (text: string) => void,
): Promise<OpenedSegments> {
  const numbers = await segmentsOf(folder)
  let nextGroup = 1
  let active: ActiveSegment | null = null
  for (const [place, number] of numbers.entries()) {
    const file = await folder.open(segmentName(number))
    const bytes = await file.read()
    const scanned = scanSegment(bytes, number)
    const isNewest = place === numbers.length - 1
    const refusal = refusalOf(scanned, number, bytes.length, active, isNewest)
    if (refusal !== null) {
      await file.close()
      await active?.file.close()
      throw refusal
    }
    if (scanned.end < bytes.length || scanned.header === null) {
      const tornBytes = bytes.length - scanned.end
      if (tornBytes > 0) {
        say(
          `the last ${tornBytes} bytes of the journal (${segmentName(number)}) are an unfinished ` +
            'write that was never acknowledged; they were cut off',
        )
      }
      if (scanned.header === null) {
        await file.close()
        await folder.remove(segmentName(number))
        continue
      }
      await file.truncate(scanned.end)
      await file.sync()
    }
    nextGroup = Math.max(nextGroup, scanned.header.firstGroup)
    for (const record of scanned.records) {
      visit(record, number)
      nextGroup = Math.max(nextGroup, record.group + 1)
    }
    await active?.file.close()
    active = { number, file, bytes: scanned.end }
  }
  return { active, nextGroup }
}

/** Numbers of the segments, ascending; refuses a gap. */
export async function segmentsOf(folder: JournalFolder): Promise<number[]> {
  const numbers = (await folder.list())
    .map(segmentNumber)
    .filter((number) => number !== null)
    .sort((a, b) => a - b)
  numbers.forEach((number, place) => {
    const expected = numbers[0]! + place
    if (number !== expected) {
      throw new EngineError(`the journal is damaged: its file ${segmentName(expected)} is missing`)
    }
  })
  return numbers
}

/**
 * Why a segment cannot be used, or null. It says how long the one before it is, so a shortened file is noticed; and only
 * the newest may end in an unfinished write.
 */
function refusalOf(
  { header, end, isCorrupt }: ScannedSegment,
  number: number,
  size: number,
  previous: ActiveSegment | null,
  isNewest: boolean,
): EngineError | null {
  if (header !== null && previous !== null && header.previousBytes !== previous.bytes) {
    return new EngineError(
      `the journal is damaged: ${segmentName(number - 1)} has ${previous.bytes} bytes, ` +
        `${header.previousBytes} were written`,
    )
  }
  const isWhole = header !== null && end === size
  return isWhole || (isNewest && !isCorrupt) ? null : damaged(number, end)
}

function damaged(number: number, offset: number): EngineError {
  return new EngineError(
    `the journal is damaged: ${segmentName(number)} cannot be read from byte ${offset} on, ` +
      'and acknowledged records stand there',
  )
}
