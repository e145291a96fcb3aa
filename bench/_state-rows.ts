/**
 * Rows of the state bench, and what their figures are made of.
 */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** A figure: lower is better unless the unit says otherwise. */
export interface StateRow {
  name: string
  median: number
  unit: string
}

/** Measures something in a folder of its own. */
export type StateCase = (folder: string, args: string[]) => Promise<StateRow[]> | StateRow[]

/** A row with as many digits as mean something. */
export function row(name: string, median: number, unit: string): StateRow {
  return { name, median: Number(median.toPrecision(4)), unit }
}

/** Bytes of all files of a folder. */
export function folderBytes(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
}
