/**
 * Opens the segments of a journal after any end: reads all of them, cuts a torn tail, refuses damage.
 *
 * Only the newest segment can end in what was never acknowledged; older ones were complete before it was begun. What is
 * missing or damaged elsewhere was acknowledged, so it is an error that names the place.
 */
import type { ActiveSegment } from './active-segment.ts'
import { EngineError } from './engine.ts'
import type { JournalFolder } from './files.ts'
import {
  type PlacedRecord,
  type ScannedSegment,
  scanSegment,
  segmentName,
  segmentNumber,
} from './segment.ts'

type Size = Pick<ActiveSegment, 'number' | 'bytes'>

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
  let nextGroup = 1
  let tornBytes = 0
  let newest: Size | null = null
  for await (const { number, size, scanned } of wholeSegments(folder)) {
    const { header, records, end } = scanned
    tornBytes = size - end
    if (tornBytes > 0) {
      say(
        `the last ${tornBytes} bytes of the journal (${segmentName(number)}) are an unfinished ` +
          'write that was never acknowledged; they were cut off',
      )
    }
    if (header === null) {
      await folder.remove(segmentName(number))
      tornBytes = 0
      continue
    }
    nextGroup = Math.max(nextGroup, header.firstGroup)
    for (const record of records) {
      visit(record, number)
      // What an unfinished write left is the beginning of the next group: behind it nothing was acknowledged.
      nextGroup = record.isLast ? record.group + 1 : record.group
    }
    newest = { number, bytes: end }
  }
  if (newest === null) return { active: null, nextGroup }
  const file = await folder.open(segmentName(newest.number))
  try {
    if (tornBytes > 0) {
      await file.truncate(newest.bytes)
      await file.sync()
    }
  } catch (error) {
    await file.close()
    throw error
  }
  return { active: { ...newest, file }, nextGroup }
}

/** The segments in order; of the newest alone the end may be unfinished, or all of it. Changes nothing. */
export async function* wholeSegments(
  folder: JournalFolder,
): AsyncGenerator<{ number: number; size: number; scanned: ScannedSegment }> {
  const numbers = await segmentsOf(folder)
  let previous: Size | null = null
  for (const [place, number] of numbers.entries()) {
    const bytes = await readSegment(folder, number)
    const scanned = scanSegment(bytes, number)
    requireWhole(scanned, number, bytes.length, previous, place === numbers.length - 1)
    yield { number, size: bytes.length, scanned }
    previous = { number, bytes: scanned.end }
  }
}

/** All bytes of a segment. */
export async function readSegment(folder: JournalFolder, number: number): Promise<Uint8Array> {
  const file = await folder.open(segmentName(number))
  try {
    return await file.read()
  } finally {
    await file.close()
  }
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
 * Refuses a segment that lost something. It says how long the one before it is, so a shortened file is noticed; and only the
 * newest may end in an unfinished write.
 */
function requireWhole(
  { header, end, isCorrupt }: ScannedSegment,
  number: number,
  size: number,
  previous: Size | null,
  isNewest: boolean,
): void {
  if (header !== null && previous !== null && header.previousBytes !== previous.bytes) {
    throw new EngineError(
      `the journal is damaged: ${segmentName(number - 1)} has ${previous.bytes} bytes, ` +
        `${header.previousBytes} were written`,
    )
  }
  const isWhole = header !== null && end === size
  if (isWhole || (isNewest && !isCorrupt)) return
  throw new EngineError(
    `the journal is damaged: ${segmentName(number)} cannot be read from byte ${end} on, ` +
      'and acknowledged records stand there',
  )
}
