/**
 * The server stops without cutting anybody off, and says when it takes no transactions.
 */
import { createServer } from 'node:http'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Method } from '../../src/node/json-rpc.ts'
import { defaultServerOptions, serve } from '../../src/node/server.ts'

const options = { ...defaultServerOptions, port: 0 }
const body = '{"jsonrpc": "2.0", "id": 1, "method": "test"}'

function methods(answer: Method['answer']) {
  return new Map([['test', { parameters: [], answer }]])
}

test('what is in flight is answered, then the port is free', async () => {
  let release: (value: string) => void = () => {}
  let called: () => void = () => {}
  const isCalled = new Promise<void>((settle) => {
    called = settle
  })
  const slow = methods(() => {
    called()
    return new Promise((settle) => {
      release = settle
    })
  })
  const server = await serve(slow, options, () => null)
  const url = `http://127.0.0.1:${server.port}/`
  // A connection that idles must not hold up the end.
  await (await fetch(`${url}is_alive`)).text()
  const answer = fetch(url, { method: 'POST', body })
  await isCalled
  const stopped = server.stop()
  release('done')
  const response = await answer
  // Or the client would use the connection again while it is being closed.
  assert.is(response.headers.get('connection'), 'close')
  const { result } = (await response.json()) as { result: string }
  assert.is(result, 'done')
  await stopped
  const successor = createServer()
  await new Promise<void>((settle) => successor.listen(server.port, '127.0.0.1', settle))
  successor.close()
})

test('a port that is taken is refused, and the one who has it is not disturbed', async () => {
  const first = await serve(
    methods(() => 1),
    options,
    () => null,
  )
  let code: string | undefined
  try {
    await serve(
      methods(() => 2),
      { ...options, port: first.port },
      () => null,
    )
  } catch (error) {
    code = (error as NodeJS.ErrnoException).code
  }
  assert.is(code, 'EADDRINUSE')
  const response = await fetch(`http://127.0.0.1:${first.port}`, { method: 'POST', body })
  assert.is(((await response.json()) as { result: number }).result, 1)
  await first.stop()
})

test('while no transaction is taken, readiness says why and life goes on', async () => {
  const server = await serve(
    methods(() => 1),
    options,
    () => 'the mempool is full',
  )
  const url = `http://127.0.0.1:${server.port}`
  const ready = await fetch(`${url}/is_ready`)
  assert.equal([ready.status, await ready.text()], [503, 'the mempool is full'])
  assert.is((await fetch(`${url}/is_alive`)).status, 200)
  await server.stop()
})

test('without leave for other origins no header grants it', async () => {
  const server = await serve(
    methods(() => 1),
    { ...options, cors: false },
    () => null,
  )
  const response = await fetch(`http://127.0.0.1:${server.port}`, { method: 'POST', body })
  assert.is(response.headers.get('access-control-allow-origin'), null)
  await server.stop()
})

test.run()
