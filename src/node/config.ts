/**
 * The command line and the environment, read into what the node is started with.
 *
 *     flag  >  FUGUE_NAME  >  NAME (the bare names of starknet-devnet)  >  default
 *
 * Invariant: what cannot be read is refused in one sentence that names it; flags of starknet-devnet that have no meaning
 * here are accepted with a warning, so that existing scripts run.
 */
import { delimiter } from 'node:path'
import { decodeShortString, encodeShortString } from '../felt/felt.ts'
import { type CommandName, commandNames, type Flag, flags, foreignFlags, takes } from './flags.ts'
import type { BlockGeneration, ChainOptions } from './options.ts'
import { UsageError } from './usage-error.ts'

export interface NodeConfig {
  host: string
  port: number
  chain: ChainOptions
  /** Whether methods that change the past are served. */
  isDevelopment: boolean
  /** What was given and has no effect. */
  warnings: string[]
}

export type Command =
  | { name: 'help' }
  | { name: 'version' }
  | { name: 'dev'; config: NodeConfig }
  | { name: 'run'; config: NodeConfig }
  | FolderCommand

/** A command on the chain in a data folder that no node uses. */
export type FolderCommand = { dataDir: string } & (
  | { name: 'inspect'; what: 'db' }
  | { name: 'inspect'; what: 'block' | 'tx'; id: string }
  | { name: 'verify'; from: number | null; to: number | null }
  | { name: 'dump' | 'load'; file: string }
  | { name: 'prune'; below: number }
  | { name: 'abort'; above: number }
)

/** One gas price for all: what starknet-devnet has. */
const GAS_PRICE = 10n ** 9n

/** Executor threads that a node can have (workers/doorbell.ts). */
const MOST_WORKERS = 63

/** Threads for simulations: each has a machine and a mirror of the newest state, some tens of megabytes. */
const MOST_SIMULATORS = 16

/** What was given for an option, and under which name: `--port` or `FUGUE_PORT`. */
type Values = Map<string, { texts: string[]; source: string }>

/** Reads arguments (without node and script) and environment. `cores` is what `auto` workers means. */
export function readCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  cores: number,
): Command {
  const warnings: string[] = []
  const { words, values } = readArguments(args, warnings)
  const [word, ...rest] = words
  if (values.has('version')) return { name: 'version' }
  if (values.has('help') || word === undefined || word === 'help') return { name: 'help' }
  const name = commandNames.find((known) => known === word)
  if (name === undefined) {
    throw new UsageError(`unknown command '${word}', expected one of ${commandNames.join(', ')}`)
  }
  for (const given of values.keys()) requireTaken(name, given)
  readEnvironment(environment, values)
  const dataDir = values.get('data-dir')?.texts[0] || null
  if (name !== 'dev' && dataDir === null) {
    throw new UsageError(`fugue ${name} needs --data-dir, the folder of the chain`)
  }
  if (name !== 'dev' && name !== 'run') return readFolderCommand(name, dataDir!, rest, values)
  if (rest.length > 0) throw new UsageError(`unexpected '${rest[0]}' after the command`)
  const config = { ...readConfig(values, warnings, cores), isDevelopment: name === 'dev' }
  return { name, config }
}

/** Refuses an option of another command. */
function requireTaken(command: CommandName, given: string): void {
  const flag = flags.find(({ name }) => name === given) as Flag
  if (takes(command, flag)) return
  throw new UsageError(`fugue ${command} takes no --${given}`)
}

function readFolderCommand(
  name: FolderCommand['name'],
  dataDir: string,
  words: string[],
  values: Values,
): FolderCommand {
  const [first, second] = words
  const inspected = first === 'db' ? 1 : 2
  const most = { inspect: inspected, verify: 0, dump: 1, load: 1, prune: 0, abort: 0 }[name]
  if (words.length > most) throw new UsageError(`unexpected '${words[most]}' after the command`)
  switch (name) {
    case 'inspect':
      if (first === 'db') return { name, dataDir, what: first }
      if ((first !== 'block' && first !== 'tx') || second === undefined) {
        throw new UsageError("expected 'fugue inspect db', 'inspect block ID' or 'inspect tx HASH'")
      }
      return { name, dataDir, what: first, id: second }
    case 'verify':
      return { name, dataDir, from: heightOf(values, 'from'), to: heightOf(values, 'to') }
    case 'dump':
    case 'load':
      if (first === undefined) throw new UsageError(`fugue ${name} needs the name of a file`)
      return { name, dataDir, file: first }
    case 'prune': {
      const below = heightOf(values, 'below')
      if (below === null) throw new UsageError('fugue prune needs --below, a height')
      return { name, dataDir, below }
    }
    case 'abort': {
      const above = heightOf(values, 'above')
      if (above === null) throw new UsageError('fugue abort needs --above, a height')
      return { name, dataDir, above }
    }
  }
}

function heightOf(values: Values, name: string): number | null {
  return readValue(values, name, integer(0, 2 ** 31), null)
}

function readArguments(
  args: readonly string[],
  warnings: string[],
): { words: string[]; values: Values } {
  const words: string[] = []
  const values: Values = new Map()
  const rest = [...args]
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (!arg.startsWith('-') || arg === '-') {
      words.push(arg)
      continue
    }
    const [spelling, inline] = splitAt(arg, '=')
    const flag = flags.find(({ name, short }) => spelling === `--${name}` || spelling === short)
    const foreign = foreignFlags.find(({ name }) => spelling === `--${name}`)
    if (flag === undefined && foreign === undefined) {
      throw new UsageError(`unknown option ${spelling}${nearest(spelling)}`)
    }
    const takesValue = flag === undefined ? foreign!.takesValue : flag.value !== null
    const value = takesValue ? (inline ?? rest.shift()) : inline
    if (takesValue && value === undefined) throw new UsageError(`${spelling} needs a value`)
    if (!takesValue && value !== undefined) throw new UsageError(`${spelling} takes no value`)
    if (flag === undefined) {
      warnings.push(`${spelling} has no effect here`)
      // `--restrictive-mode` takes any number of words.
      while (foreign!.takesWords && rest[0] !== undefined && !rest[0].startsWith('-')) rest.shift()
    } else if (flag.isList) {
      const texts = [...(values.get(flag.name)?.texts ?? []), value!]
      values.set(flag.name, { texts, source: spelling })
    } else {
      values.set(flag.name, { texts: [value ?? ''], source: spelling })
    }
  }
  return { words, values }
}

/** Adds what the flags left open. */
function readEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  values: Values,
): void {
  for (const { name, value, isList, isOwn } of flags) {
    if (value === null || values.has(name)) continue
    const bare = name.toUpperCase().replaceAll('-', '_')
    const names = isOwn ? [`FUGUE_${bare}`] : [`FUGUE_${bare}`, bare]
    const source = names.find((each) => environment[each] !== undefined)
    if (source === undefined) continue
    const text = environment[source]!
    values.set(name, { texts: isList ? text.split(delimiter) : [text], source })
  }
}

function readConfig(
  values: Values,
  warnings: string[],
  cores: number,
): Omit<NodeConfig, 'isDevelopment'> {
  const read = <T>(name: string, decode: (text: string) => T | null, absent: T): T =>
    readValue(values, name, decode, absent)
  const most = Math.min(cores, MOST_WORKERS)
  return {
    host: read('host', (text) => text || null, '127.0.0.1'),
    port: read('port', integer(0, 65_535), 5050),
    chain: {
      seed: read('seed', integer(0, 2 ** 32 - 1), 42),
      accounts: read('accounts', integer(0, 1000), 10),
      initialBalance: read('initial-balance', amount, 10n ** 21n),
      chainId: read('chain-id', chainId, encodeShortString('SN_SEPOLIA')),
      blockGeneration: read('block-generation-on', blockGeneration, { mode: 'auto' }),
      casmDirs: values.get('casm-dir')?.texts ?? [],
      workers: read(
        'workers',
        (text) => (text === 'auto' ? most : integer(0, MOST_WORKERS)(text)),
        most,
      ),
      simulators: read('simulators', integer(1, MOST_SIMULATORS), 1),
      vm: read('vm', machineName, 'compiled'),
      startTime: read('start-time', integer(0, 2 ** 40), null),
      gasPrice: GAS_PRICE,
      dataDir: read('data-dir', (text) => text || null, null),
    },
    warnings,
  }
}

function readValue<T>(
  values: Values,
  name: string,
  decode: (text: string) => T | null,
  absent: T,
): T {
  const given = values.get(name)
  if (given === undefined) return absent
  const text = given.texts[0]!
  const value = decode(text)
  if (value !== null) return value
  const { expected } = flags.find((flag) => flag.name === name) as Flag
  throw new UsageError(`${given.source}: expected ${expected}, got '${text}'`)
}

function integer(minimum: number, maximum: number): (text: string) => number | null {
  return (text) => {
    if (!/^\d{1,15}$/.test(text)) return null
    const value = Number(text)
    return value >= minimum && value <= maximum ? value : null
  }
}

function machineName(text: string): 'compiled' | 'interpreter' | null {
  return text === 'compiled' || text === 'interpreter' ? text : null
}

/** Up to 2^128: the high half of a balance is never touched at genesis. */
function amount(text: string): bigint | null {
  if (!/^(\d{1,39}|0x[0-9a-fA-F]{1,32})$/.test(text)) return null
  const value = BigInt(text)
  return value < 1n << 128n ? value : null
}

function chainId(text: string): bigint | null {
  const named: Record<string, string> = { MAINNET: 'SN_MAIN', TESTNET: 'SN_SEPOLIA' }
  const name = named[text.toUpperCase()] ?? text
  if (!/^[\x21-\x7e]{1,31}$/.test(name)) return null
  return encodeShortString(name)
}

/** The text of a chain id. */
export function chainName(id: bigint): string {
  return decodeShortString(id) ?? `0x${id.toString(16)}`
}

function blockGeneration(text: string): BlockGeneration | null {
  if (text === 'auto' || text === 'transaction' || text === 'demand') return { mode: text }
  const match = /^([1-9]\d{0,8})(ms)?$/.exec(text)
  if (match === null) return null
  return { mode: 'interval', intervalMs: Number(match[1]) * (match[2] === undefined ? 1000 : 1) }
}

function splitAt(text: string, separator: string): [string, string | undefined] {
  const index = text.indexOf(separator)
  return index < 0 ? [text, undefined] : [text.slice(0, index), text.slice(index + 1)]
}

/** `; did you mean --port?` where a known name is close. */
function nearest(spelling: string): string {
  const known = [...flags, ...foreignFlags].map(({ name }) => `--${name}`)
  const [closest] = known
    .map((name) => ({ name, distance: editDistance(spelling, name) }))
    .sort((a, b) => a.distance - b.distance)
  return closest === undefined ? '' : `; the nearest is ${closest.name}`
}

/** Letters to insert, delete or replace to get from one text to the other (Levenshtein). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const replaced = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[to.length]!
}
