/**
 * The options of the command line: one table for the parser, the environment and the help text.
 */
export const commandNames = [
  'dev',
  'run',
  'inspect',
  'verify',
  'dump',
  'load',
  'prune',
  'abort',
] as const
export type CommandName = (typeof commandNames)[number]

export interface Flag {
  name: string
  short?: string
  /** What stands for the value in the help; null for a switch. */
  value: string | null
  /** What a value must be, for the message when it is not. */
  expected?: string
  help: string
  /** May be given several times. */
  isList?: boolean
  /** Not an option of starknet-devnet: its bare name is not read from the environment. */
  isOwn?: boolean
  /** Commands that take it; those that start a node by default. */
  of?: readonly CommandName[]
}

/** Whether a command takes an option. */
export function takes(command: CommandName, { of = ['dev', 'run'] }: Flag): boolean {
  return of.includes(command)
}

export const flags: readonly Flag[] = [
  {
    name: 'data-dir',
    value: 'FOLDER',
    expected: 'a folder',
    help: 'folder of the chain; made if there is none',
    isOwn: true,
    of: commandNames,
  },
  {
    name: 'host',
    value: 'ADDRESS',
    expected: 'an address',
    help: 'address to listen on (127.0.0.1)',
  },
  {
    name: 'port',
    value: 'NUMBER',
    expected: 'a port from 0 to 65535',
    help: 'port to listen on, 0 for any free one (5050)',
  },
  {
    name: 'seed',
    value: 'NUMBER',
    expected: 'a number below 2^32',
    help: 'chooses the keys of the predeployed accounts (42)',
  },
  {
    name: 'accounts',
    value: 'NUMBER',
    expected: 'a number from 0 to 1000',
    help: 'predeployed accounts (10)',
  },
  {
    name: 'initial-balance',
    short: '-e',
    value: 'AMOUNT',
    expected: 'an amount below 2^128',
    help: 'fri and wei of each of them (10^21)',
  },
  {
    name: 'chain-id',
    value: 'NAME',
    expected: 'MAINNET, TESTNET or up to 31 printable characters',
    help: 'MAINNET, TESTNET or another name (TESTNET)',
  },
  {
    name: 'start-time',
    value: 'SECONDS',
    expected: 'a time in Unix seconds',
    help: 'time of the first block (now)',
  },
  {
    name: 'block-generation-on',
    value: 'WHEN',
    expected: "'auto', 'transaction', 'demand', seconds or '100ms'",
    help: 'auto, transaction, demand, seconds or 100ms (auto: when nothing waits)',
  },
  {
    name: 'casm-dir',
    value: 'FOLDER',
    help: 'folder with compiled classes (CASM) for declares; may be repeated',
    isList: true,
    isOwn: true,
  },
  {
    name: 'workers',
    value: 'NUMBER',
    expected: "'auto' or a number from 0 to 63",
    help: 'executor threads, 0 executes one by one (auto: the number of cores)',
    isOwn: true,
  },
  {
    name: 'simulators',
    value: 'NUMBER',
    expected: 'a number from 1 to 16',
    help: 'threads for calls, simulations and estimates (1)',
    isOwn: true,
  },
  {
    name: 'vm',
    value: 'WAY',
    expected: "'compiled' or 'interpreter'",
    help: 'compiled compiles hot contracts on the way, interpreter none (compiled)',
    isOwn: true,
  },
  {
    name: 'from',
    value: 'HEIGHT',
    expected: 'a height',
    help: 'first block to verify (the first that can be)',
    isOwn: true,
    of: ['verify'],
  },
  {
    name: 'to',
    value: 'HEIGHT',
    expected: 'a height',
    help: 'last block to verify (the newest)',
    isOwn: true,
    of: ['verify'],
  },
  {
    name: 'below',
    value: 'HEIGHT',
    expected: 'a height',
    help: 'keep the state of this block and of later ones',
    isOwn: true,
    of: ['prune'],
  },
  {
    name: 'above',
    value: 'HEIGHT',
    expected: 'a height',
    help: 'the block that the chain shall end with',
    isOwn: true,
    of: ['abort'],
  },
  { name: 'help', short: '-h', value: null, help: 'print this', of: commandNames },
  { name: 'version', short: '-V', value: null, help: 'print the version', of: commandNames },
]

/** An option of starknet-devnet that means nothing here. */
export interface ForeignFlag {
  name: string
  takesValue: boolean
  /** Takes any number of words. */
  takesWords?: boolean
}

export const foreignFlags: readonly ForeignFlag[] = [
  ...[
    'account-class',
    'account-class-custom',
    'timeout',
    'gas-price',
    'gas-price-fri',
    'data-gas-price',
    'data-gas-price-fri',
    'l2-gas-price',
    'l2-gas-price-fri',
    'dump-on',
    'dump-path',
    'state-archive-capacity',
    'fork-network',
    'fork-block',
    'request-body-size-limit',
    'maximum-contract-class-size',
    'maximum-contract-bytecode-size',
    'maximum-sierra-length',
    'metrics-host',
    'metrics-port',
  ].map((name) => ({ name, takesValue: true })),
  { name: 'lite-mode', takesValue: false },
  { name: 'predeclare-argent', takesValue: false },
  { name: 'restrictive-mode', takesValue: false, takesWords: true },
]

/** The help text. */
export function helpText(version: string): string {
  const left = ({ name, short, value }: Flag) =>
    `--${name}${short === undefined ? '' : `, ${short}`}${value === null ? '' : ` ${value}`}`
  const width = Math.max(...flags.map((flag) => left(flag).length))
  const lines = flags.map((flag) => {
    const { of = [] } = flag
    const only = of.length === 1 ? `${of[0]}: ` : ''
    return `  ${left(flag).padEnd(width)}  ${only}${flag.help}`
  })
  return `Fugue ${version}, a Starknet sequencer

  fugue dev [options]               start a chain for development; without --data-dir nothing is kept
  fugue run --data-dir FOLDER       start a chain, or go on with the one in the folder

  On the folder of a chain, with --data-dir FOLDER; a node may run on it:
  fugue inspect db                  what the folder holds, sizes by table and by block
  fugue inspect block ID            a block: 'latest', a height or a hash
  fugue inspect tx HASH             a transaction and its receipt
  fugue verify [--from N --to M]    execute blocks again and compare everything; code 1 if something differs

  The same, when its node is stopped:
  fugue dump FILE                   write the chain to one file, with a checksum
  fugue load FILE                   make the folder from such a file
  fugue prune --below N             drop state and proofs of blocks below N; blocks and receipts stay
  fugue abort --above N             take back all blocks above N and what they included

${lines.join('\n')}

Each option with a value can be set in the environment too: FUGUE_PORT for --port.
`
}
