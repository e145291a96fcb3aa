/**
 * The compiled classes that random calls run: of the vectors, of the npm package among them, and our own.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../src/shared/package-root.ts'
import { vectorPath } from '../vectors.ts'

export interface NamedClass {
  name: string
  casm: Casm
}

export interface Casm {
  bytecode: string[]
  hints: [number, unknown[]][]
  entry_points_by_type: Record<
    'EXTERNAL' | 'L1_HANDLER' | 'CONSTRUCTOR',
    { selector: string; offset: number; builtins: string[] }[]
  >
}

const own = join(packageRoot, 'src/contracts/artifacts')
const npm = 'npm/@hyperlane-xyz/starknet-core/dist/artifacts'

/** Every class at hand that has an entry point; without the vectors only our own. */
export function classesAtHand(): NamedClass[] {
  return [own, vectorPath('classes'), vectorPath(npm)]
    .flatMap((folder) => filesIn(folder).map((file) => read(folder, file)))
    .filter(({ casm }) => Object.values(casm.entry_points_by_type).some((list) => list.length > 0))
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
  return { name: file.split('.')[0]!, casm: JSON.parse(literal) }
}
