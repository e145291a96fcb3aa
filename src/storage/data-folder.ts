/**
 * The folder that holds a chain, and who may use it.
 *
 *     lock         who has it: `folder-lock.ts`
 *     format       number of the form of everything in it
 *     chain.mdb    the database: `database.ts`
 *     journal/     what was acknowledged and is in no stored block yet
 *     casm/        compiled classes that were added while a node ran: `casm-folder.ts`
 *
 * A folder of a newer form is refused; one of an older form is brought up step by step, each step noted when it is done,
 * so that a migration that was interrupted goes on where it was.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { FolderError, folderErrorOf } from './folder-error.ts'
import { takeLock } from './folder-lock.ts'
import { makeFolderNow, syncFolderNow } from './sync-folder.ts'

/** The form that this code reads and writes. */
export const FORMAT = 1

/** What a folder may hold before it is settled: its making was interrupted. */
const OWN = /^(lock.*|format\.new|chain\.mdb.*|journal|casm)$/

/** Brings a folder of form `n` to form `n + 1`; must be harmless when it is repeated. */
export type Migration = (folder: string) => void

/** By the form that they start from. */
const migrations: ReadonlyMap<number, Migration> = new Map()

/** Where things are in a folder. */
export interface FolderPlaces {
  path: string
  /** The database's file. */
  database: string
  /** The journal's folder. */
  journal: string
  /** The folder of compiled classes; made when there is the first one. */
  casm: string
}

export interface DataFolder extends FolderPlaces {
  /** Nothing was ever kept in it: `settle` was not called yet. */
  isNew: boolean
  /** Notes the form of a new folder, once its database is made: from then on a missing one is a loss. */
  settle(): void
  /** Resolves to one sentence when another machine has taken the folder over. */
  lost: Promise<string>
  /** Gives the folder back. */
  release(): void
}

export interface FolderOptions {
  format?: number
  migrations?: ReadonlyMap<number, Migration>
}

/** Takes a folder for this process, makes it if there is none; refuses with `FolderError`, in one sentence. */
export async function openDataFolder(
  path: string,
  { format = FORMAT, migrations: steps = migrations }: FolderOptions = {},
): Promise<DataFolder> {
  makeFolder(path)
  // Looked at before the lock, so that a folder of something else is left as it is.
  checkContents(path)
  const { lost, release } = await takeLock(path)
  try {
    const isNew = readFormat(path) === null
    if (!isNew) migrate(path, format, steps)
    const places = placesIn(path)
    makeFolderNow(places.journal)
    return { ...places, isNew, settle: () => writeFormat(path, format), lost, release }
  } catch (error) {
    release()
    throw folderErrorOf(path, error)
  }
}

/** A folder that another process has, to read from; refuses another form than this code's. */
export function lookIntoFolder(path: string): FolderPlaces {
  const found = readFormat(path)
  if (found === FORMAT) return placesIn(path)
  if (found === null) throw new FolderError(`${path} holds no chain yet, its node makes one`)
  throw new FolderError(
    `${path} has format ${found}, this version of Fugue has ${FORMAT}; use the version of its node`,
  )
}

function placesIn(path: string): FolderPlaces {
  return {
    path,
    database: join(path, 'chain.mdb'),
    journal: join(path, 'journal'),
    casm: join(path, 'casm'),
  }
}

function makeFolder(path: string): void {
  try {
    makeFolderNow(path)
    if (!statSync(path).isDirectory()) throw new FolderError(`${path} is not a folder`)
  } catch (error) {
    throw folderErrorOf(path, error)
  }
}

function checkContents(path: string): void {
  if (existsSync(join(path, 'format'))) return
  const others = readdirSync(path).filter((name) => !OWN.test(name))
  if (others.length === 0) return
  throw new FolderError(
    `${path} is not empty and holds no chain (there is '${others[0]}' in it); choose an empty folder`,
  )
}

function migrate(path: string, format: number, steps: ReadonlyMap<number, Migration>): void {
  let found = readFormat(path) ?? format
  if (found > format) {
    throw new FolderError(
      `${path} has format ${found}, this version of Fugue knows formats up to ${format}; use a newer version`,
    )
  }
  for (; found < format; found++) {
    const step = steps.get(found)
    if (step === undefined) {
      throw new FolderError(
        `${path} has format ${found}, which this version of Fugue cannot bring to format ${format}; use an older version`,
      )
    }
    step(path)
    writeFormat(path, found + 1)
  }
}

function readFormat(path: string): number | null {
  const file = join(path, 'format')
  if (!existsSync(file)) return null
  const text = readFileSync(file, 'utf8').trim()
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new FolderError(
    `${file} holds no number of a format; it is damaged, or from something else`,
  )
}

/** Writes the number so that a reader finds the old one or the new one. */
function writeFormat(path: string, format: number): void {
  const draft = join(path, 'format.new')
  const file = openSync(draft, 'w')
  try {
    writeSync(file, `${format}\n`)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(draft, join(path, 'format'))
  syncFolderNow(path)
}
