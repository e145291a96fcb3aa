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

/** The value below which `part` of all values are. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]!
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** Bytes of all files of a folder. */
export function folderBytes(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
}
