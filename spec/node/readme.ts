/**
 * The example of the README does what the README says: it is cut out, pointed at a node, and run.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { packageRoot } from '../../src/shared/package-root.ts'
import { type RealNode, startRealNode } from './_real-node.ts'

/** Where the README's node listens. */
const README_URL = 'http://127.0.0.1:5050'

let fugue: RealNode

test.before(async () => {
  fugue = await startRealNode(['--workers', '1'])
})
test.after(() => fugue.stop())

/** The README's scripts that use the client library. */
function examples(): string[] {
  const readme = readFileSync(join(packageRoot, 'README.md'), 'utf8')
  return [...readme.matchAll(/```(?:js|javascript|ts|typescript)\n([\s\S]*?)```/g)]
    .map((match) => match[1]!)
    .filter((script) => script.includes("from 'starknet'"))
}

function execute(script: string): Promise<{ code: number | null; output: string }> {
  // Inside the package, so that the client library is found.
  const folder = mkdtempSync(join(packageRoot, 'dist', 'readme-'))
  const file = join(folder, 'example.mjs')
  writeFileSync(file, script.replaceAll(README_URL, fugue.node.url))
  const child = spawn(process.execPath, ['--no-warnings', file], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const collect = (chunk: Buffer) => {
    output += chunk.toString()
  }
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  return new Promise((settle) => {
    child.on('close', (code) => {
      rmSync(folder, { recursive: true })
      settle({ code, output })
    })
  })
}

test('the example runs to its end and changes the chain', async () => {
  const scripts = examples()
  assert.is(scripts.length, 1, 'one script with starknet.js is expected in README.md')
  const { code, output } = await execute(scripts[0]!)
  assert.is(code, 0, output)
  assert.match(output, /^SUCCEEDED in block 1$/m)
  assert.is(await fugue.provider.getBlockNumber(), 1)
})

test.run()
