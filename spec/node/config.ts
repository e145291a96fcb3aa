/**
 * The command line: what is read, what is warned of, what is refused and how.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { encodeShortString } from '../../src/felt/felt.ts'
import { type NodeConfig, readCommand } from '../../src/node/config.ts'
import { flags, helpText } from '../../src/node/flags.ts'
import { UsageError } from '../../src/node/usage-error.ts'

function dev(line: string, environment: Record<string, string> = {}): NodeConfig {
  const command = readCommand(['dev', ...line.split(' ').filter(Boolean)], environment, 4)
  assert.is(command.name, 'dev')
  return (command as { config: NodeConfig }).config
}

function refused(line: string, environment: Record<string, string> = {}): string {
  try {
    readCommand(line.split(' ').filter(Boolean), environment, 4)
  } catch (error) {
    assert.instance(error, UsageError)
    return (error as Error).message
  }
  assert.unreachable(`'${line}' was accepted`)
  return ''
}

test('without options there are defaults', () => {
  const { host, port, chain, warnings } = dev('')
  assert.equal([host, port, warnings], ['127.0.0.1', 5050, []])
  assert.equal(chain, {
    seed: 42,
    accounts: 10,
    initialBalance: 10n ** 21n,
    chainId: encodeShortString('SN_SEPOLIA'),
    blockGeneration: { mode: 'auto' },
    casmDirs: [],
    workers: 4,
    simulators: 1,
    vm: 'compiled',
    startTime: null,
    gasPrice: 10n ** 9n,
    dataDir: null,
  })
})

test('every option is read, with a space or an equals sign', () => {
  const { host, port, chain } = dev(
    '--host 0.0.0.0 --port=0 --seed 7 --accounts 3 -e 500 --chain-id MAINNET --start-time 99 ' +
      '--block-generation-on 2 --casm-dir a --casm-dir=b --workers 0 --vm interpreter',
  )
  assert.equal([host, port], ['0.0.0.0', 0])
  assert.equal([chain.seed, chain.accounts, chain.initialBalance], [7, 3, 500n])
  assert.equal([chain.chainId, chain.startTime], [encodeShortString('SN_MAIN'), 99])
  assert.equal(chain.blockGeneration, { mode: 'interval', intervalMs: 2000 })
  assert.equal([chain.casmDirs, chain.workers, chain.vm], [['a', 'b'], 0, 'interpreter'])
  assert.equal(dev('--block-generation-on 50ms').chain.blockGeneration, {
    mode: 'interval',
    intervalMs: 50,
  })
  assert.is(dev('--workers auto').chain.workers, 4)
})

test('a flag wins over FUGUE_NAME, that over the bare name of starknet-devnet', () => {
  const environment = {
    FUGUE_SEED: '2',
    SEED: '3',
    ACCOUNTS: '4',
    FUGUE_CASM_DIR: 'x:y',
    WORKERS: '9',
  }
  assert.is(dev('--seed 1', environment).chain.seed, 1)
  assert.is(dev('', environment).chain.seed, 2)
  assert.is(dev('', { SEED: '3' }).chain.seed, 3)
  assert.is(dev('', environment).chain.accounts, 4)
  assert.equal(dev('', environment).chain.casmDirs, ['x', 'y'])
  assert.is(dev('', environment).chain.workers, 4)
})

test("starknet-devnet's other flags are taken with a warning", () => {
  const { warnings, port } = dev(
    '--lite-mode --timeout 5 --restrictive-mode devnet_mint x --port 1',
  )
  assert.equal(warnings, [
    '--lite-mode has no effect here',
    '--timeout has no effect here',
    '--restrictive-mode has no effect here',
  ])
  assert.is(port, 1)
})

test('what cannot be read is refused in one sentence', () => {
  assert.is(refused('dev --prot 5'), 'unknown option --prot; the nearest is --port')
  assert.is(refused('dev --wrokers 5'), 'unknown option --wrokers; the nearest is --workers')
  assert.is(refused('dev --account 5'), 'unknown option --account; the nearest is --accounts')
  assert.is(refused('dev --cams-dir 5'), 'unknown option --cams-dir; the nearest is --casm-dir')
  assert.is(refused('dev --port'), '--port needs a value')
  assert.is(refused('dev --help=1'), '--help takes no value')
  assert.is(refused('dev --port 65536'), "--port: expected a port from 0 to 65535, got '65536'")
  assert.is(refused('dev --seed -1'), "--seed: expected a number below 2^32, got '-1'")
  assert.match(refused('dev --accounts ten'), '--accounts: expected')
  assert.match(refused('dev --block-generation-on sometimes'), '--block-generation-on: expected')
  assert.match(refused('dev --initial-balance 1.5'), '--initial-balance: expected')
  assert.match(refused('dev', { FUGUE_PORT: 'x' }), 'FUGUE_PORT: expected')
  assert.match(refused('dev', { ACCOUNTS: 'x' }), 'ACCOUNTS: expected')
  assert.match(refused('dev -e x'), '-e: expected')
  assert.match(refused('devv'), "unknown command 'devv', expected one of dev, run, inspect")
  assert.is(refused('dev now'), "unexpected 'now' after the command")
})

test('numbers are read up to their bounds, and no further', () => {
  for (const [flag, low, high] of [
    ['port', 0, 65_535],
    ['seed', 0, 2 ** 32 - 1],
    ['accounts', 0, 1000],
    ['workers', 0, 63],
    ['simulators', 1, 16],
  ] as const) {
    for (const value of [low, high]) {
      const { port, chain } = dev(`--${flag} ${value}`)
      assert.is({ port, ...chain }[flag], value)
    }
    for (const value of [low - 1, high + 1]) {
      assert.match(refused(`dev --${flag} ${value}`), `--${flag}: expected`)
    }
  }
  assert.is(dev(`-e ${2n ** 128n - 1n}`).chain.initialBalance, 2n ** 128n - 1n)
  assert.match(refused(`dev -e ${2n ** 128n}`), '-e: expected')
  for (const mode of ['auto', 'transaction', 'demand']) {
    assert.equal(dev(`--block-generation-on ${mode}`).chain.blockGeneration, { mode })
  }
  assert.match(refused('dev --block-generation-on 0'), '--block-generation-on: expected')
})

test('commands on a folder are read, with what they need', () => {
  const read = (line: string, environment = {}) => readCommand(line.split(' '), environment, 4)
  const dataDir = 'd'
  assert.equal(read('inspect db --data-dir d'), { name: 'inspect', dataDir, what: 'db' })
  assert.equal(read('inspect block 5 --data-dir d'), {
    name: 'inspect',
    dataDir,
    what: 'block',
    id: '5',
  })
  assert.equal(read('verify --from 3', { FUGUE_DATA_DIR: 'd' }), {
    name: 'verify',
    dataDir,
    from: 3,
    to: null,
  })
  assert.equal(read('dump f --data-dir d'), { name: 'dump', dataDir, file: 'f' })
  assert.equal(read('prune --below 7 --data-dir=d'), { name: 'prune', dataDir, below: 7 })
  assert.equal(read('abort --above 7 --data-dir=d'), { name: 'abort', dataDir, above: 7 })
  assert.is(dev('--data-dir d').chain.dataDir, 'd')
  assert.match(refused('run'), 'fugue run needs --data-dir')
  assert.match(refused('verify'), 'fugue verify needs --data-dir')
  assert.match(refused('prune --data-dir d'), 'fugue prune needs --below')
  assert.match(refused('abort --data-dir d'), 'fugue abort needs --above')
  assert.match(refused('load --data-dir d'), 'fugue load needs the name of a file')
  assert.match(refused('inspect all --data-dir d'), "expected 'fugue inspect db'")
  assert.match(refused('inspect db x --data-dir d'), "unexpected 'x' after the command")
  assert.match(refused('verify --port 3 --data-dir d'), 'fugue verify takes no --port')
  assert.match(refused('dev --below 3'), 'fugue dev takes no --below')
  assert.match(refused('verify --to x --data-dir d'), "--to: expected a height, got 'x'")
})

test('help names every option, and version and help need no command', () => {
  for (const { name } of flags) assert.match(helpText('1.2.3'), `--${name}`)
  assert.is(readCommand([], {}, 1).name, 'help')
  assert.is(readCommand(['dev', '-h'], {}, 1).name, 'help')
  assert.is(readCommand(['--version'], {}, 1).name, 'version')
})

test.run()
