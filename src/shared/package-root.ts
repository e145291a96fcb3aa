/**
 * Finds the folder of the package, from sources and from `dist/` alike, so that files which are read at run time
 * (contract artifacts, compiled kernels) have one address: the nearest folder above with Fugue's package.json.
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Absolute path of the package's folder. */
export const packageRoot = findPackageRoot(dirname(fileURLToPath(import.meta.url)))

function findPackageRoot(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    const file = join(folder, 'package.json')
    if (existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).name === 'fugue') return folder
    if (dirname(folder) === folder) throw new Error(`no package.json of fugue above ${start}`)
  }
}
