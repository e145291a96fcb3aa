/**
 * A data folder in one file, to keep elsewhere or to move.
 *
 *     line 1       FUGUE DUMP 1
 *     line 2       manifest, as JSON: height, and the name and length of each file
 *     then         the files, one behind the other
 *     32 bytes     SHA-256 of everything before
 *
 * Both ways end with a rename: there is never half a dump, or half a folder, under the name that was asked for.
 */
import { createHash } from 'node:crypto'
import { createReadStream, existsSync, readdirSync } from 'node:fs'
import { type FileHandle, mkdir, open, rename, rm, rmdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { FolderError, folderErrorOf } from './folder-error.ts'
import { syncFolder } from './sync-folder.ts'

const MAGIC = 'FUGUE DUMP 1'
const HASH_BYTES = 32
/** The two lines at the beginning are not longer. */
const MOST_HEAD_BYTES = 1 << 20
/** Names that a dump may have: it cannot write outside of its folder. */
const NAME = /^(format|chain\.mdb|(journal|casm)\/[\w-][\w.-]*)$/

const FOLDERS = ['journal', 'casm']

interface Manifest {
  height: number
  files: { name: string; bytes: number }[]
}

/** Files of a folder as they are, but for the database, which is taken from `database`, a copy. */
export async function writeDump(
  file: string,
  folder: string,
  database: string,
  height: number,
): Promise<number> {
  if (existsSync(file)) throw new FolderError(`${file} is there already; choose another name`)
  const sources = [
    { name: 'format', path: join(folder, 'format') },
    { name: 'chain.mdb', path: database },
    ...FOLDERS.flatMap((inner) => filesIn(folder, inner)),
  ]
  const files: Manifest['files'] = []
  for (const { name, path } of sources) files.push({ name, bytes: (await stat(path)).size })
  const manifest: Manifest = { height, files }
  const draft = `${file}.part`
  let written = 0
  const out = await open(draft, 'w').catch((error: unknown) => {
    throw folderErrorOf(file, error)
  })
  try {
    const hash = createHash('sha256')
    const write = async (bytes: Uint8Array) => {
      hash.update(bytes)
      await writeWhole(out, bytes)
      written += bytes.length
    }
    await write(Buffer.from(`${MAGIC}\n${JSON.stringify(manifest)}\n`))
    for (const { path } of sources)
      for await (const bytes of createReadStream(path)) await write(bytes)
    await writeWhole(out, hash.digest())
    await out.sync()
  } catch (error) {
    await rm(draft, { force: true })
    throw folderErrorOf(file, error)
  } finally {
    await out.close()
  }
  await rename(draft, file)
  await syncFolder(dirname(file))
  return written + HASH_BYTES
}

function filesIn(folder: string, inner: string): { name: string; path: string }[] {
  const path = join(folder, inner)
  const names = existsSync(path) ? readdirSync(path).sort() : []
  return names.map((name) => ({ name: `${inner}/${name}`, path: join(path, name) }))
}

/** Makes a folder of a dump; refuses a damaged one and a folder that holds something. Returns its height. */
export async function readDump(file: string, folder: string): Promise<number> {
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new FolderError(`${folder} is not empty; choose another folder`)
  }
  const input = await open(file, 'r').catch((error: unknown) => {
    throw new FolderError(`${file} cannot be read: ${(error as Error).message}`)
  })
  const draft = `${folder}.loading`
  try {
    const { manifest, start } = await readHead(file, input)
    await rm(draft, { recursive: true, force: true })
    for (const inner of FOLDERS) await mkdir(join(draft, inner), { recursive: true })
    await extract(file, input, manifest, start, draft)
    for (const inner of FOLDERS) await syncFolder(join(draft, inner))
    await syncFolder(draft)
    if (existsSync(folder)) await rmdir(folder)
    await rename(draft, folder)
    await syncFolder(dirname(folder))
    return manifest.height
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    throw folderErrorOf(folder, error)
  } finally {
    await input.close()
  }
}

/** The manifest, and where the files begin. */
async function readHead(
  file: string,
  input: FileHandle,
): Promise<{ manifest: Manifest; start: number }> {
  const head = Buffer.alloc(MOST_HEAD_BYTES)
  const { bytesRead } = await input.read(head, 0, head.length, 0)
  const text = head.subarray(0, bytesRead)
  const first = text.indexOf('\n')
  const second = text.indexOf('\n', first + 1)
  if (first < 0 || second < 0 || text.toString('latin1', 0, first) !== MAGIC) {
    throw new FolderError(`${file} is no dump of this version of Fugue`)
  }
  const manifest = readManifest(file, text.toString('utf8', first + 1, second))
  const start = second + 1
  const length = manifest.files.reduce((sum, { bytes }) => sum + bytes, start) + HASH_BYTES
  const found = (await input.stat()).size
  if (found !== length) {
    throw new FolderError(
      `${file} has ${found} bytes where ${length} are expected: it is cut off or damaged`,
    )
  }
  return { manifest, start }
}

function readManifest(file: string, line: string): Manifest {
  try {
    const manifest = JSON.parse(line) as Manifest
    if (manifest.files.every(({ name, bytes }) => NAME.test(name) && bytes >= 0)) return manifest
  } catch {
    // Said below.
  }
  throw new FolderError(`${file} is damaged: its list of files cannot be read`)
}

async function extract(
  file: string,
  input: FileHandle,
  { files }: Manifest,
  start: number,
  folder: string,
): Promise<void> {
  const hash = createHash('sha256')
  const chunk = Buffer.alloc(1 << 20)
  let at = 0
  const take = async (most: number): Promise<Buffer> => {
    const { bytesRead } = await input.read(chunk, 0, Math.min(most, chunk.length), at)
    if (bytesRead === 0) throw new FolderError(`${file} became shorter while it was read`)
    at += bytesRead
    return chunk.subarray(0, bytesRead)
  }
  while (at < start) hash.update(await take(start - at))
  for (const { name, bytes } of files) {
    const out = await open(join(folder, name), 'w')
    try {
      for (let left = bytes; left > 0; ) {
        const part = await take(left)
        hash.update(part)
        await writeWhole(out, part)
        left -= part.length
      }
      await out.sync()
    } finally {
      await out.close()
    }
  }
  const stored = Buffer.from(await take(HASH_BYTES))
  if (!stored.equals(hash.digest())) {
    throw new FolderError(`${file} is damaged: it does not match its checksum`)
  }
}

async function writeWhole(out: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    at += (await out.write(bytes, at, bytes.length - at)).bytesWritten
  }
}
