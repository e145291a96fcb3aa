/**
 * The program itself, alone and under npm: what it prints, how it stops, and what it says when it cannot start.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { packageRoot } from '../../src/shared/package-root.ts'

const cli = join(packageRoot, 'dist', 'src', 'cli.js')

interface Ended {
  code: number | null
  output: string
  errors: string
}

interface Run {
  child: ChildProcess
  ended: Promise<Ended>
  /** Settles with the first match in what it prints. */
  printed(pattern: RegExp): Promise<RegExpExecArray>
}

function run(...args: string[]): Run {
  return start(process.execPath, [cli, ...args])
}

function start(file: string, args: string[]): Run {
  const child = spawn(file, args, { cwd: packageRoot, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let errors = ''
  const watchers = new Set<() => void>()
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
    for (const watch of watchers) watch()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString()
  })
  const ended = new Promise<Ended>((settle) => {
    child.on('close', (code) => settle({ code, output, errors }))
  })
  const printed = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((settle, reject) => {
      const watch = () => {
        const match = pattern.exec(output)
        if (match !== null) settle(match)
      }
      watchers.add(watch)
      watch()
      void ended.then(() => reject(new Error(`it ended: ${output}${errors}`)))
    })
  return { child, ended, printed }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`it starts, prints accounts and address, and stops on ${signal} with code 0`, async () => {
    const { child, ended, printed } = run('dev', '--port', '0', '--accounts', '2', '--workers', '1')
    const [, url] = await printed(/HTTP (http:\/\/127\.0\.0\.1:\d+)\/rpc/)
    await printed(/ready in/)
    assert.is(await (await fetch(`${url}/is_alive`)).text(), 'Alive!!!')
    child.kill(signal)
    const { code, output } = await ended
    assert.is(code, 0)
    assert.match(output, '0x34ba56f92265f0868c57d3fe72ecab144fc96f97954bbbc4252cef8e8a979ba')
    assert.match(output, '0xb137668388dbe9acdfa3bc734cc2c469')
    assert.match(output, 'seed 42')
  })
}

async function isAlive(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/is_alive`)).ok
  } catch {
    return false
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGKILL'] as const) {
  test(`under npm start nothing is left behind by ${signal}`, async () => {
    const args = ['start', '--', '--port', '0', '--accounts', '1', '--workers', '0']
    const { child, ended, printed } = start('npm', args)
    const [, url] = await printed(/HTTP (http:\/\/127\.0\.0\.1:\d+)\/rpc/)
    await printed(/ready in/)
    child.kill(signal)
    const { code } = await ended
    if (signal !== 'SIGKILL') assert.is(code, 0)
    while (await isAlive(url!)) await new Promise((settle) => setTimeout(settle, 50))
  })
}

test('dev without a folder uses one of its own, and removes it', async () => {
  const { child, ended, printed } = run('dev', '--port', '0', '--accounts', '1', '--workers', '0')
  const [, folder] = await printed(/the chain is kept in (\S+) until this ends/)
  await printed(/ready in/)
  assert.ok(existsSync(join(folder!, 'chain.mdb')))
  child.kill('SIGHUP')
  assert.is((await ended).code, 0)
  assert.not(existsSync(folder!))
})

test('run needs a folder, goes on with its chain, and nobody else may change it meanwhile', async () => {
  const missing = await run('run', '--port', '0').ended
  assert.is(missing.code, 2)
  assert.is(missing.errors, 'fugue: fugue run needs --data-dir, the folder of the chain\n')
  const folder = mkdtempSync(join(tmpdir(), 'fugue-run-'))
  const args = ['--port', '0', '--workers', '0', '--data-dir', folder]
  try {
    let height = 0
    for (const accounts of ['2', '3']) {
      const { child, ended, printed } = run('run', '--accounts', accounts, ...args)
      const [, url] = await printed(/HTTP (http:\/\/127\.0\.0\.1:\d+)\/rpc/)
      await printed(/2 accounts/)
      const post = async (method: string) => {
        const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: [] })
        return (await (await fetch(`${url}/rpc`, { method: 'POST', body })).json()) as {
          result: number
        }
      }
      assert.is((await post('starknet_blockNumber')).result, height)
      await post('devnet_createBlock')
      height++
      const looking = await run('verify', '--data-dir', folder).ended
      assert.is(looking.code, 0, looking.errors)
      assert.match(looking.output, `blocks 0 to ${height} with`)
      const second = await run('prune', '--below', '0', '--data-dir', folder).ended
      assert.is(second.code, 2)
      assert.match(second.errors, `${folder} is in use by process ${child.pid}`)
      child.kill('SIGKILL')
      await ended
    }
    const verified = await run('verify', '--data-dir', folder).ended
    assert.is(verified.code, 0, verified.errors)
    assert.match(verified.output, /^blocks 0 to 2 with 0 transactions are right/)
    const other = await run('run', '--chain-id', 'MAINNET', ...args).ended
    assert.is(other.code, 2)
    assert.match(other.errors, 'holds chain SN_SEPOLIA, not SN_MAIN; give --chain-id SN_SEPOLIA')
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a port in use is one plain sentence and code 2', async () => {
  const server = createServer()
  const port = await new Promise<number>((settle) => {
    server.listen(0, '127.0.0.1', () => settle((server.address() as { port: number }).port))
  })
  const { code, errors } = await run('dev', '--port', String(port), '--workers', '0').ended
  server.close()
  assert.is(code, 2)
  assert.is(
    errors,
    `fugue: port ${port} of 127.0.0.1 is in use; choose another with --port, or 0 for any free one\n`,
  )
})

test('a line that cannot be read is one plain sentence and code 2', async () => {
  const { code, errors } = await run('dev', '--sede', '1').ended
  assert.is(code, 2)
  assert.is(errors, 'fugue: unknown option --sede; the nearest is --seed\n')
  const folder = await run('dev', '--port', '0', '--casm-dir', '/no/such/folder').ended
  assert.is(folder.code, 2)
  assert.match(folder.errors, /^fugue: [^\n]*\/no\/such\/folder[^\n]*\n$/)
})

test('version and help are printed', async () => {
  assert.match((await run('--version').ended).output, /^\d+\.\d+\.\d+\n$/)
  const { code, output } = await run('--help').ended
  assert.is(code, 0)
  assert.match(output, '--block-generation-on')
})

test.run()
