/**
 * One process at a time has a data folder. A lock is a file that names its holder; a holder that was killed leaves it
 * behind, and the next process takes over.
 *
 *     lock              the holder: id, process, its start, where it runs
 *     lock.after.ID     the one process that may replace the dead holder ID
 *
 * Files appear whole (`link` of a draft, which fails if the name is taken). Who finds a dead holder X links
 * `lock.after.X`: only one can. It looks again whether `lock` still names X, for X may have been replaced and the link
 * cleaned up in between, and then renames its own draft to `lock`. If it is killed on the way, it is the dead one that
 * the next process follows. Ids are used once, so what was true of X stays true.
 *
 * Invariant: of all living processes of a machine that saw a success, the last one named by the chain from `lock` is the
 * only one. Whether a process of another machine lives can only be guessed from its silence; one that was silent, and lives,
 * finds the lock in other hands, or gone when these gave it back, and stops.
 */
import { randomUUID } from 'node:crypto'
import {
  constants,
  copyFileSync,
  linkSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { FolderError, folderErrorOf, InUseError } from './folder-error.ts'

interface Holder {
  id: string
  pid: number
  /** When the process started, in the system's own units; '' where the system does not tell. */
  start: string
  /** Machine, its boot and process namespace: a process number means something only there. */
  place: string
}

/** A holder touches its lock this often, */
const TOUCH_MS = 1000
/** and from elsewhere is taken for dead when it did not for this long: it may be a container that is gone. */
const SILENCE_MS = 8000
/** How file systems say that they have no links. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])
/** Losing a race this often means that something else is wrong. */
const MOST_TRIES = 100

export interface Lock {
  /** Resolves to one sentence when another machine took this process for dead, and the folder with it; or the lock is gone. */
  lost: Promise<string>
  /** Gives it back. */
  release(): void
}

/** Takes the lock of a folder. Refuses with `FolderError` while somebody else has it. */
export async function takeLock(folder: string): Promise<Lock> {
  const own: Holder = { id: randomUUID(), pid: process.pid, ...whoWeAre() }
  const lock = join(folder, 'lock')
  const draft = join(folder, `lock.draft.${own.id}`)
  try {
    writeFileSync(draft, JSON.stringify(own), { flush: true })
    try {
      for (let tries = 0; !(await tryToTake(folder, draft)); tries++) {
        if (tries === MOST_TRIES) throw new FolderError(`${lock} changes again and again`)
      }
    } finally {
      remove(draft)
    }
  } catch (error) {
    throw folderErrorOf(folder, error)
  }
  let lose: (why: string) => void = () => {}
  const lost = new Promise<string>((resolve) => {
    lose = resolve
  })
  const touching = setInterval(() => {
    const loss = lossOf(folder, own.id)
    if (loss === null) return touch(lock)
    clearInterval(touching)
    lose(loss)
  }, TOUCH_MS)
  touching.unref()
  const release = () => {
    clearInterval(touching)
    if (holderOf(lock)?.id === own.id) remove(lock)
  }
  try {
    cleanUp(folder)
  } catch (error) {
    release()
    throw folderErrorOf(folder, error)
  }
  return { lost, release }
}

/** How a process that took the lock has lost it, in one sentence; null: it has it. */
function lossOf(folder: string, id: string): string | null {
  const lock = join(folder, 'lock')
  const silence = `this one gave no sign of life for ${SILENCE_MS / 1000} s`
  if (!isThere(lock)) {
    return `the lock of ${folder} is gone: it was deleted, or another process had the folder while ${silence}`
  }
  const holder = parsed(read(lock))
  if (holder === null || holder.id === id) return null
  return `${folder} was taken over by process ${holder.pid} on ${holder.place}: ${silence}`
}

/** Whether the draft became the lock; false: somebody else was faster, look again. */
async function tryToTake(folder: string, draft: string): Promise<boolean> {
  const lock = join(folder, 'lock')
  const first = holderOf(lock)
  if (first === null) return link(draft, lock)
  let dead = first
  for (;;) {
    await requireDead(folder, dead)
    const after = join(folder, `lock.after.${dead.id}`)
    if (!link(draft, after)) {
      const successor = holderOf(after)
      if (successor === null) return false
      dead = successor
      continue
    }
    if (holderOf(lock)?.id !== first.id) {
      remove(after)
      return false
    }
    renameSync(draft, lock)
    return true
  }
}

/** Refuses while the holder lives. */
async function requireDead(folder: string, holder: Holder): Promise<void> {
  const { place } = whoWeAre()
  if (holder.place === place) {
    if (!isAlive(holder)) return
    const who = holder.pid === process.pid ? 'this process' : `process ${holder.pid}`
    throw new InUseError(`${folder} is in use by ${who}; stop it first, or choose another folder`)
  }
  const before = touchedMs(folder)
  await sleep(SILENCE_MS)
  if (touchedMs(folder) === before) return
  // Its database cannot be looked at from here: readers of one file share memory.
  throw new FolderError(`${folder} is in use by process ${holder.pid} on ${holder.place}`)
}

function isAlive({ pid, start }: Holder): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  // The number may have been given to another process since.
  const now = startOf(pid)
  return now === '' || start === '' || now === start
}

function whoWeAre(): { start: string; place: string } {
  const boot = read('/proc/sys/kernel/random/boot_id')
  let namespace = ''
  try {
    namespace = readlinkSync('/proc/self/ns/pid')
  } catch {
    // Not on this system.
  }
  return { start: startOf(process.pid), place: [hostname(), boot, namespace].join(' ').trim() }
}

/** Field 22 of a process's statistics on Linux, behind the name in parentheses. */
function startOf(pid: number): string {
  const text = read(`/proc/${pid}/stat`)
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  // A process that ended and was not waited for is dead.
  return fields[0] === 'Z' ? 'ended' : (fields[19] ?? '')
}

function holderOf(file: string): Holder | null {
  const text = read(file)
  if (text === '') return null
  const holder = parsed(text)
  if (holder !== null) return holder
  throw new FolderError(`${file} is damaged; delete it if no node uses the folder`)
}

/** Null: it is no holder that somebody wrote to the end. */
function parsed(text: string): Holder | null {
  try {
    return JSON.parse(text) as Holder
  } catch {
    return null
  }
}

/** Text of a file, '' if there is none. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return ''
  }
}

/** Whether there is such a file; true where nobody can tell. */
function isThere(file: string): boolean {
  try {
    return statSync(file, { throwIfNoEntry: false }) !== undefined
  } catch {
    return true
  }
}

/** Gives a file a second name; false if that is taken. */
function link(file: string, name: string): boolean {
  try {
    linkSync(file, name)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return false
    if (!NO_LINKS.has(code ?? '')) throw error
    return copy(file, name)
  }
  return true
}

/** The same on a file system without links: whoever reads in the moment between finds nothing, and looks again. */
function copy(file: string, name: string): boolean {
  try {
    copyFileSync(file, name, constants.COPYFILE_EXCL)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
  return true
}

function remove(file: string): void {
  try {
    unlinkSync(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

function touch(lock: string): void {
  try {
    const now = new Date()
    utimesSync(lock, now, now)
  } catch {
    // A folder that vanished or cannot be written to is noticed by the next write.
  }
}

function touchedMs(folder: string): number {
  try {
    return statSync(join(folder, 'lock')).mtimeMs
  } catch {
    return 0
  }
}

/** Removes what dead processes left; their claims are over once `lock` names somebody else. */
function cleanUp(folder: string): void {
  const { place } = whoWeAre()
  for (const name of readdirSync(folder)) {
    const file = join(folder, name)
    if (name.startsWith('lock.after.')) remove(file)
    if (!name.startsWith('lock.draft.')) continue
    const owner = parsed(read(file))
    if (owner === null || (owner.place === place && !isAlive(owner))) remove(file)
  }
}
