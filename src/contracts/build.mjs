/**
 * Compiles the Cairo contracts into `artifacts/`, for whoever changes one; users never need a compiler.
 *
 *     cairo/*.cairo ── starknet-compile ──▶ NAME.sierra.json ── starknet-sierra-compile ──▶ NAME.casm.json
 *
 * `FUGUE_CAIRO` names the compiler's folder (default `../shared/cairo`, from the package), which is laid out like a
 * release of Cairo. The artifacts hold no debug info, and the ABI as a list; `catalogue.ts` says which text of it is
 * hashed. After a change the table there is stale: `spec/contracts/hashes.ts` prints the new lines.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Name of the artifact, and the contract's path in the crate. */
const contracts = {
  account: 'account::Account',
  'open-account': 'open_account::OpenAccount',
  erc20: 'erc20::ERC20',
  udc: 'udc::UniversalDeployer',
  counter: 'counter::Counter',
  ledger: 'ledger::Ledger',
  pool: 'pool::Pool',
  loop: 'loops::Loop',
  hasher: 'hasher::Hasher',
  router: 'router::Router',
  'libfuncs-numbers': 'libfuncs_numbers::Numbers',
  'libfuncs-data': 'libfuncs_data::Data',
  'libfuncs-syscalls': 'libfuncs_syscalls::Syscalls',
}

/** By default only libfuncs pass that public networks let in; those of `libfuncs-*` are all that there are. */
const allLibfuncs = ['--allowed-libfuncs-list-name', 'all']

const folder = dirname(fileURLToPath(import.meta.url))
const compiler = resolve(folder, '../..', process.env.FUGUE_CAIRO || '../shared/cairo', 'bin')
const artifacts = join(folder, 'artifacts')
if (!existsSync(compiler)) {
  console.error(`expected a Cairo compiler in ${compiler}: FUGUE_CAIRO names its folder`)
  process.exit(2)
}
const scratch = mkdtempSync(join(tmpdir(), 'fugue-contracts-'))

try {
  mkdirSync(artifacts, { recursive: true })
  for (const [name, path] of Object.entries(contracts)) build(name, path)
} finally {
  rmSync(scratch, { recursive: true })
}

function build(name, path) {
  const sierraFile = join(scratch, 'sierra.json')
  const casmFile = join(scratch, 'casm.json')
  const crate = join(folder, 'cairo')
  const allowed = name.startsWith('libfuncs-') ? allLibfuncs : []
  run('starknet-compile', [crate, sierraFile, '--contract-path', `fugue::${path}`, ...allowed])
  run('starknet-sierra-compile', [sierraFile, casmFile, ...allowed])
  const { sierra_program_debug_info: _, ...sierra } = JSON.parse(readFileSync(sierraFile, 'utf8'))
  const casm = JSON.parse(readFileSync(casmFile, 'utf8'))
  const changed = [save(`${name}.sierra.json`, sierra), save(`${name}.casm.json`, casm)]
  const felts = `${sierra.sierra_program.length} felts of Sierra, ${casm.bytecode.length} of CASM`
  console.log(`${name}: ${felts}, ${changed.some(Boolean) ? 'changed' : 'unchanged'}`)
}

function run(program, args) {
  execFileSync(join(compiler, program), args, { stdio: 'inherit' })
}

/** Writes an artifact. Returns whether it is another than before. */
function save(file, content) {
  const path = join(artifacts, file)
  const text = `${JSON.stringify(content)}\n`
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return false
  writeFileSync(path, text)
  return true
}
