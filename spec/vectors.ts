/**
 * Where specs find public vectors and the real Blockifier, and how they do without.
 *
 * `FUGUE_VECTORS` names the folder of vectors (default `../shared/vectors`), `FUGUE_ORACLE` the oracle's binary or the
 * folder that has it as `bin/oracle` (default `../shared/oracle`), both relative to the package. A spec declares what it
 * needs; where that is absent the test is skipped, counted and named, never passed. What is present and broken fails.
 */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import type { Test } from 'uvu'
import { packageRoot } from '../src/shared/package-root.ts'

/** Absolute folder of the vectors, which may not exist. */
const vectorsFolder = resolve(process.env.FUGUE_VECTORS || '../shared/vectors')

/** Absolute path of the oracle's binary, which may not exist. */
export const oraclePath = binaryOf(resolve(process.env.FUGUE_ORACLE || '../shared/oracle'))

function binaryOf(path: string): string {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
  return isFolder ? join(path, 'bin/oracle') : path
}

function resolve(path: string): string {
  return isAbsolute(path) ? path : join(packageRoot, path)
}

/** Absolute path of one vector file, such as `blocks/mainnet-2238855.json`. */
export function vectorPath(file: string): string {
  return join(vectorsFolder, file)
}

/** Text of a vector file. */
export function vectorText(file: string): string {
  return readFileSync(vectorPath(file), 'utf8')
}

const parsed = new Map<string, unknown>()

/** A vector file parsed as JSON, once per process. */
export function vector<T = unknown>(file: string): T {
  if (!parsed.has(file)) parsed.set(file, JSON.parse(vectorText(file)))
  return parsed.get(file) as T
}

/** Registers a test that needs vector files; it is skipped and named where one is absent. */
export function vectorTest(
  test: Test,
  name: string,
  files: string[],
  body: () => void | Promise<void>,
): void {
  const absent = files.map(vectorPath).find((path) => !existsSync(path))
  if (absent === undefined) test(name, body)
  else skip(test, name, `looked for ${absent}`)
}

/** Registers a test that needs the real Blockifier; it is skipped and named where the binary is absent. */
export function oracleTest(test: Test, name: string, body: () => void | Promise<void>): void {
  if (existsSync(oraclePath)) test(name, body)
  else skip(test, name, `looked for ${oraclePath}`)
}

function skip(test: Test, name: string, why: string): void {
  console.log(`skipped: ${name} (${why})`)
  test.skip(name, () => {})
}
