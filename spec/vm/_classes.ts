/**
 * The compiled classes that random calls run, read once on either machine: our own, those of the vectors, and those of
 * the npm package among them.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../src/shared/package-root.ts'
import type { Program } from '../../src/vm/host.ts'
import { attachProgram, buildProgramImage } from '../../src/vm/program.ts'
import type { ReferenceProgram } from '../../src/vm/reference/casm.ts'
import { readClass } from '../../src/vm/reference/machine.ts'
import { vectorPath } from '../vectors.ts'

export interface NamedClass {
  name: string
  casm: Casm
}

export interface Casm {
  bytecode: string[]
  hints: [number, unknown[]][]
  entry_points_by_type: Record<EntryType, CasmEntry[]>
}

type EntryType = 'EXTERNAL' | 'L1_HANDLER' | 'CONSTRUCTOR'

interface CasmEntry {
  selector: string
  offset: number
  builtins: string[]
}

/** A class as both machines run it. */
export interface Subject extends NamedClass {
  fast: Program
  reference: ReferenceProgram
}

const folders = {
  own: join(packageRoot, 'src/contracts/artifacts'),
  classes: vectorPath('classes'),
  npm: vectorPath('npm/@hyperlane-xyz/starknet-core/dist/artifacts'),
}

/** Where a class is from. */
export type Origin = keyof typeof folders

/** Every class of an origin that has an entry point; none where its folder is absent. */
export function classesOf(origin: Origin): NamedClass[] {
  const folder = folders[origin]
  return filesIn(folder)
    .map((file) => read(folder, file))
    .filter(({ casm }) => Object.values(casm.entry_points_by_type).some((list) => list.length > 0))
}

/** Every class at hand that has an entry point; without the vectors only our own. */
export function classesAtHand(): NamedClass[] {
  return (['own', 'classes', 'npm'] as const).flatMap(classesOf)
}

let count = 0

/** Reads a class for both machines. */
export function subjectOf({ name, casm }: NamedClass): Subject {
  const key = `${name} ${count++}`
  return {
    name,
    casm,
    fast: attachProgram(key, buildProgramImage(casm)),
    reference: readClass(casm),
  }
}

function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((file) => file.endsWith('.casm.json') || file.includes('.compiled_contract_class.'))
    .sort()
}

/** Files of the package are scripts that assign one object literal. */
function read(folder: string, file: string): NamedClass {
  const text = readFileSync(join(folder, file), 'utf8')
  const literal = text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1)
  const name = file.replace(/\.(casm|compiled_contract_class)\..*$/, '')
  return { name, casm: JSON.parse(literal) }
}
