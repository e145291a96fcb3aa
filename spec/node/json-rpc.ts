/**
 * The dispatcher alone: deadlines, bugs of a method, how many calls of a batch run at a time, digits of long numbers.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { answerText, type Method, type Methods } from '../../src/node/json-rpc.ts'
import { quoteLongNumbers, wholePart } from '../../src/node/long-numbers.ts'

const limits = { batch: 100, answerLength: 1000, callMs: 20 }

function methods(answer: Method['answer']): Methods {
  return new Map([['test', { parameters: ['a', 'b'], answer }]])
}

const call = (id: number) => `{"jsonrpc": "2.0", "id": ${id}, "method": "test"}`

test('a call that takes too long is answered with -32603', async () => {
  const never = methods(() => new Promise(() => {}))
  const text = await answerText(call(1), never, limits)
  assert.equal(JSON.parse(text!), {
    jsonrpc: '2.0',
    id: 1,
    error: { code: -32603, message: 'Internal error', data: { reason: 'no answer within 0.02 s' } },
  })
})

test('a method that throws what is no refusal is a bug: -32603, and the log has it', async () => {
  const logged: unknown[] = []
  const original = console.error
  console.error = (error: unknown) => logged.push(error)
  try {
    for (const answer of [
      () => {
        throw new Error('a bug')
      },
      () => Promise.reject(new Error('a bug')),
    ]) {
      const { error } = JSON.parse((await answerText(call(1), methods(answer), limits))!)
      assert.equal(error, { code: -32603, message: 'Internal error', data: { reason: 'a bug' } })
    }
  } finally {
    console.error = original
  }
  assert.is(logged.length, 2)
})

test('at most eight calls of a batch run at a time, and the answers keep their order', async () => {
  let running = 0
  let most = 0
  const slow = methods(async () => {
    most = Math.max(most, ++running)
    await new Promise((settle) => setImmediate(settle))
    return running--
  })
  const ids = Array.from({ length: 50 }, (_, id) => id)
  const text = await answerText(`[${ids.map(call).join()}]`, slow, {
    ...limits,
    answerLength: 10_000,
    callMs: 10_000,
  })
  assert.equal(
    JSON.parse(text!).map(({ id }: { id: number }) => id),
    ids,
  )
  assert.is(most, 8)
})

test('a batch of much work lets others through', async () => {
  const busy = methods(() => {
    const endMs = performance.now() + 12
    while (performance.now() < endMs);
  })
  let turns = 0
  const count = () => {
    turns++
    immediate = setImmediate(count)
  }
  let immediate = setImmediate(count)
  const ids = Array.from({ length: 10 }, (_, id) => id)
  await answerText(`[${ids.map(call).join()}]`, busy, limits)
  clearImmediate(immediate)
  assert.ok(turns >= 9, `${turns} turns`)
})

test('a batch that has got too much text gets no more, and notifications get nothing still', async () => {
  const long = methods(() => 'x'.repeat(300))
  const silent = '{"jsonrpc": "2.0", "method": "test"}'
  const calls = Array.from({ length: 30 }, (_, id) => call(id))
  const text = await answerText(`[${[...calls, silent].join()}]`, long, limits)
  const answers = JSON.parse(text!) as { result?: string; error?: { code: number } }[]
  assert.is(answers.length, 30)
  assert.ok(answers.slice(0, 4).every(({ result }) => result !== undefined))
  // Those that ran at the same time had begun.
  assert.ok(answers.slice(12).every(({ error }) => error?.code === -32603))
})

test('a body is read once more for exact numbers, however many calls want them', async () => {
  const answer: Method['answer'] = (parameters) => parameters.get('a', (value) => value)
  const exact: Methods = new Map([['test', { parameters: ['a'], exactNumbers: true, answer }]])
  const calls = [1, 2, 3].map((id) => call(id).replace('}', ', "params": [12345678901234567890]}'))
  const parse = JSON.parse
  let parsed = 0
  JSON.parse = (...args) => {
    parsed++
    return parse(...args)
  }
  const text = await answerText(`[${calls.join()}]`, exact, limits).finally(() => {
    JSON.parse = parse
  })
  assert.is(parsed, 2)
  const results = (JSON.parse(text!) as { result: string }[]).map(({ result }) => result)
  assert.equal(results, new Array(3).fill('12345678901234567890'))
})

test('an id comes back letter by letter, however long a number it is', async () => {
  const echo = methods(() => 1)
  for (const id of [
    '12345678901234567890',
    '-98765432109876543210',
    '1.5',
    '0',
    '"1e999"',
    'null',
  ]) {
    const asked = `{"jsonrpc": "2.0", "id": ${id}, "method": "test"}`
    const answer = `{"jsonrpc":"2.0","id":${id},"result":1}`
    assert.is(await answerText(asked, echo, limits), answer)
    assert.is(await answerText(`[${asked},${asked}]`, echo, limits), `[${answer},${answer}]`)
  }
})

test('long numbers keep their digits; strings and short numbers stay', () => {
  const json = '{"a": 123456789012345678901, "b": [1, -5.5], "c": "123456789012345678901 \\" 1e99"}'
  const quoted =
    '{"a": "123456789012345678901", "b": [1, -5.5], "c": "123456789012345678901 \\" 1e99"}'
  assert.is(quoteLongNumbers(json), quoted)
})

test('strings and numbers of millions of characters are read like short ones', () => {
  for (const part of ['x', '\\"', '1', '-1 ', '\\\\']) {
    const long = `"${part.repeat(10_000_000)}"`
    assert.ok(quoteLongNumbers(`[${long},1234567890123456]`) === `[${long},"1234567890123456"]`)
  }
  const digits = '7'.repeat(10_000_000)
  assert.ok(quoteLongNumbers(`[${digits}]`) === `["${digits}"]`)
})

test('the whole part of a decimal number is exact', () => {
  const cases: [string, bigint | null][] = [
    ['0', 0n],
    ['12.9', 12n],
    ['1e21', 10n ** 21n],
    ['1.5e3', 1500n],
    ['1.23456e2', 123n],
    ['', null],
    ['-1', null],
    ['1e-3', null],
    ['0x10', null],
    ['1e999', null],
    ['9'.repeat(81), null],
  ]
  for (const [text, value] of cases) assert.is(wholePart(text), value, text)
})

test.run()
