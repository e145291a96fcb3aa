/**
 * Makes a clone runnable, then runs it: `npm start`, `npm test`, `npm run build` and the rest all come here.
 *
 *     check Node ─▶ install what is missing ─▶ compile kernels ─▶ compile TypeScript ─▶ run
 *
 * Each step is skipped when its result is newer than its sources, so a built clone starts at once. Plain
 * JavaScript and built-in modules only, because it runs before anything is installed. `start` and `fugue`
 * install and compile the product alone; specs and benches bring the development packages.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const inRoot = (...parts) => join(root, ...parts)
const manifest = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'))

/** What each command of package.json installs, compiles and runs. */
const commands = {
  start: { whole: false, program: ['dist/src/cli.js', 'dev'] },
  fugue: { whole: false, program: ['dist/src/cli.js'] },
  build: { whole: true, program: null },
  test: { whole: true, program: ['dist/spec/run.js'] },
  bench: { whole: true, program: ['dist/bench/main.js'] },
  campaign: { whole: true, program: ['dist/spec/campaign.js'] },
  fuzz: { whole: true, program: ['dist/spec/campaign.js', 'vm'] },
  crash: { whole: true, program: ['dist/spec/campaign.js', 'crash'] },
  diagrams: { whole: true, program: ['dist/actors/diagram.js'] },
  // Formatter, linter and knip read sources; package.json runs them.
  check: { whole: true, isBuilt: false, program: null },
}

const [name = 'start', ...args] = process.argv.slice(2)
const command = commands[name]
if (!command) fail(`unknown command '${name}', expected one of ${Object.keys(commands).join(', ')}`)

checkNode()
install(command.whole)
if (command.isBuilt !== false) {
  compileKernels()
  compileTypeScript(command.whole)
}
if (command.program) run([...command.program, ...args])

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  fail(`Fugue needs Node.js 20.19 or newer, this is ${process.versions.node}`)
}

/** Installs with the lockfile when a package that the command needs is absent or has another version. */
function install(whole) {
  const wanted = { ...manifest.dependencies, ...(whole ? manifest.devDependencies : {}) }
  const missing = Object.keys(wanted).filter(
    (packageName) => !installed(packageName, wanted[packageName]),
  )
  if (missing.length === 0) return
  say(`installing ${whole ? 'packages' : 'the packages of the product'} (once)`)
  const flags = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  if (!whole) flags.push('--omit=dev')
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  step(npm, flags, 'npm ci')
}

function installed(packageName, version) {
  const file = inRoot('node_modules', packageName, 'package.json')
  if (!existsSync(file)) return false
  const found = JSON.parse(readFileSync(file, 'utf8')).version
  return found === version || found.startsWith(`${version}.`)
}

/** Compiles each kernel module, an AssemblyScript entry file with a `.asc.json` of options beside it. */
function compileKernels() {
  const folder = inRoot('src', 'kernels')
  const newest = newestOf([folder])
  for (const file of readdirSync(folder).filter((entry) => entry.endsWith('.asc.json'))) {
    const kernel = file.slice(0, -'.asc.json'.length)
    const output = inRoot('dist', 'kernels', `${kernel}.wasm`)
    if (modified(output) > newest) continue
    say(`compiling kernel ${kernel}`)
    mkdirSync(dirname(output), { recursive: true })
    const compiler = inRoot('node_modules', 'assemblyscript', 'bin', 'asc.js')
    const entry = join('src', 'kernels', `${kernel}.ts`)
    const options = ['--config', join('src', 'kernels', file), '--outFile', output]
    step(process.execPath, [compiler, entry, ...options], `kernel ${kernel}`)
  }
}

/** Compiles the product alone or all of it; what was compiled is noted in a stamp file. */
function compileTypeScript(whole) {
  const folders = ['src', 'actors', 'workers', ...(whole ? ['spec', 'bench'] : [])]
  const sources = [...folders.map((folder) => inRoot(folder)), inRoot('tsconfig.json')]
  const newest = newestOf(sources)
  const stamp = (scope) => inRoot('dist', `.built-${scope}`)
  const built = Math.max(modified(stamp('whole')), whole ? 0 : modified(stamp('product')))
  if (built > newest) return
  say('compiling TypeScript')
  const compiler = inRoot('node_modules', 'typescript', 'bin', 'tsc')
  const project = whole ? 'tsconfig.json' : join('src', 'tsconfig.json')
  step(process.execPath, [compiler, '-p', project], 'tsc')
  writeFileSync(stamp(whole ? 'whole' : 'product'), '')
}

function newestOf(paths) {
  let newest = 0
  for (const path of paths) {
    const stats = statSync(path)
    newest = Math.max(newest, stats.mtimeMs)
    if (!stats.isDirectory()) continue
    newest = Math.max(newest, newestOf(readdirSync(path).map((entry) => join(path, entry))))
  }
  return newest
}

function modified(path) {
  return existsSync(path) ? statSync(path).mtimeMs : 0
}

function step(file, stepArgs, what) {
  const result = spawnSync(file, stepArgs, { cwd: root, stdio: ['ignore', 2, 2] })
  if (result.status !== 0) fail(`${what} failed${result.error ? `: ${result.error.message}` : ''}`)
}

/**
 * Runs the program in the user's folder; signals reach it, and its end is ours. The scripts of package.json say `exec`, or a
 * shell between npm and this would keep the signals to itself. If npm is killed outright, the program is stopped too.
 */
function run(program) {
  const [script, ...rest] = program
  const child = spawn(process.execPath, ['--enable-source-maps', inRoot(script), ...rest], {
    stdio: 'inherit',
  })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid !== parent) child.kill('SIGTERM')
  }, 500)
  watch.unref()
  child.on('exit', (code, signal) => process.exit(signal ? 1 : code))
}

function say(text) {
  process.stderr.write(`fugue: ${text}\n`)
}

function fail(text) {
  say(text)
  process.exit(2)
}
