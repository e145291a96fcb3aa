/**
 * JSON-RPC 2.0: text in, text out. Knows calls, batches and notifications; what a method does is its own matter.
 *
 *     text ─▶ parse ─▶ one call, or up to eight of a batch at a time ─▶ method ─▶ result, or the refusal it threw
 *
 * Invariant: whatever the text, there is an answer (or none was asked for) and nothing is thrown. Answers of a batch come
 * in the order of its calls; one bad call spoils no other.
 */
import { Turns, turn } from '../shared/turn.ts'
import { Caller } from './caller.ts'
import { Refusal } from './chain.ts'
import { Members } from './decode.ts'
import {
  INTERNAL_ERROR,
  INVALID_REQUEST,
  invalidParams,
  METHOD_NOT_FOUND,
  PARSE_ERROR,
  refusal,
} from './errors.ts'
import { quoteLongNumbers } from './long-numbers.ts'

export interface Method {
  /** Names of the parameters, in the order of a call by position. */
  parameters: readonly string[]
  /** Numbers too long for JSON reach the method as texts of their digits. */
  exactNumbers?: boolean
  answer(parameters: Members, caller: Caller): unknown
}

export type Methods = ReadonlyMap<string, Method>

export interface RpcLimits {
  /** Calls in a batch. */
  batch: number
  /** Characters that the answers of a batch may have; those after the one that exceeds it are refused. */
  answerLength: number
  /** Time a call may take. */
  callMs: number
}

/** Calls of one batch that run at a time: enough to overlap waiting, too few to starve other clients. */
const CONCURRENT_CALLS = 8

type Id = string | number | null
type Call = Record<'jsonrpc' | 'method' | 'params' | 'id', unknown>

/** Answers a request body; `gone` says that nobody waits any more. Null: it held notifications only. */
export async function answerText(
  text: string,
  methods: Methods,
  limits: RpcLimits,
  gone?: AbortSignal,
): Promise<string | null> {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch (error) {
    return failure('null', refusal(PARSE_ERROR, { reason: (error as Error).message }))
  }
  let exactBody: unknown
  const exact = () => (exactBody ??= JSON.parse(quoteLongNumbers(text)))
  if (!Array.isArray(body)) {
    return answerCall(body, () => exact() as Call, methods, limits, gone)
  }
  if (body.length === 0) return failure('null', badRequest('the batch is empty'))
  if (body.length > limits.batch) {
    const reason = `the batch has ${body.length} calls, the limit is ${limits.batch}`
    return failure('null', badRequest(reason))
  }
  const exactAt = (index: number) => () => (exact() as Call[])[index]!
  const answers = await answerBatch(body, exactAt, methods, limits, gone)
  return answers.length === 0 ? null : `[${answers.join(',')}]`
}

/**
 * Answers of a batch. Its calls may hold much work and bring much text, and there are other clients: these have their
 * turn in between, and a batch that has got too much text gets no more.
 */
async function answerBatch(
  calls: unknown[],
  exactAt: (index: number) => () => Call,
  methods: Methods,
  limits: RpcLimits,
  gone: AbortSignal | undefined,
): Promise<string[]> {
  const answers: (string | null)[] = new Array(calls.length).fill(null)
  let next = 0
  let size = 0
  const turns = new Turns()
  // One after the other: what waits for the same turn would go on together.
  let gate = Promise.resolve()
  const drain = async () => {
    while (next < calls.length) {
      if (turns.isOver) {
        await (gate = gate.then(turn))
        turns.begin()
        continue
      }
      const index = next++
      const answer = await answerCall(calls[index], exactAt(index), methods, limits, gone, size)
      answers[index] = answer
      size += answer?.length ?? 0
    }
  }
  await Promise.all(Array.from({ length: CONCURRENT_CALLS }, drain))
  return answers.filter((answer) => answer !== null)
}

/** Answers one call; `answered` is the length of what its batch has got already. Null: a notification. */
async function answerCall(
  call: unknown,
  exactCall: () => Call,
  methods: Methods,
  limits: RpcLimits,
  gone: AbortSignal | undefined,
  answered = 0,
): Promise<string | null> {
  let id = 'null'
  let silent = false
  try {
    if (typeof call !== 'object' || call === null || Array.isArray(call)) {
      throw badRequest('a call is an object')
    }
    const { jsonrpc, method, params, id: givenId } = call as Call
    if (givenId !== undefined && !isId(givenId)) throw badRequest('id: a string, a number or null')
    id = idText(givenId ?? null, exactCall)
    if (jsonrpc !== '2.0') throw badRequest("jsonrpc: expected '2.0'")
    if (typeof method !== 'string') throw badRequest('method: expected a string')
    silent = givenId === undefined
    const known = methods.get(method)
    if (known === undefined)
      throw refusal(METHOD_NOT_FOUND, { reason: `no method '${method.slice(0, 80)}'` })
    if (answered > limits.answerLength) throw tooLong(answered, limits)
    const exact = known.exactNumbers ? exactCall().params : params
    const caller = new Caller(gone)
    const answer = known.answer(named(exact, known.parameters), caller)
    const result = answer instanceof Promise ? await within(limits.callMs, answer, caller) : answer
    return silent ? null : `{"jsonrpc":"2.0","id":${id},"result":${JSON.stringify(result ?? null)}}`
  } catch (error) {
    const refused = error instanceof Refusal ? error : ourFault(error)
    return silent ? null : failure(id, refused)
  }
}

/** The id as JSON, with all its digits. */
function idText(id: Id, exactCall: () => Call): string {
  if (typeof id !== 'number' || Number.isSafeInteger(id)) return JSON.stringify(id)
  return String(exactCall().id)
}

function isId(value: unknown): value is Id {
  return value === null || typeof value === 'string' || Number.isFinite(value)
}

/** Parameters as members of an object, whether they came by name, by position or not at all. */
function named(parameters: unknown, names: readonly string[]): Members {
  if (parameters === undefined || parameters === null) return new Members({}, '')
  if (!Array.isArray(parameters)) {
    if (typeof parameters !== 'object') throw badRequest('params: expected an object or an array')
    return new Members(parameters, '')
  }
  if (parameters.length > names.length) {
    throw invalidParams(`expected at most ${names.length} parameters, got ${parameters.length}`)
  }
  return new Members(
    Object.fromEntries(parameters.map((value, index) => [names[index], value])),
    '',
  )
}

async function within<T>(deadlineMs: number, answer: Promise<T>, caller: Caller): Promise<T> {
  let timer: NodeJS.Timeout
  const late = new Promise<never>((_, reject) => {
    const refuse = () =>
      reject(refusal(INTERNAL_ERROR, { reason: `no answer within ${deadlineMs / 1000} s` }))
    timer = setTimeout(refuse, deadlineMs)
  })
  try {
    const result = await Promise.race([answer, late])
    caller.release()
    return result
  } catch (error) {
    caller.leave()
    throw error
  } finally {
    clearTimeout(timer!)
  }
}

function tooLong(answered: number, { answerLength }: RpcLimits): Refusal {
  const reason = `the answers before this one have ${answered} characters, the limit is ${answerLength}`
  return refusal(INTERNAL_ERROR, { reason })
}

function badRequest(reason: string): Refusal {
  return refusal(INVALID_REQUEST, { reason })
}

/** What is thrown and not a refusal is a bug: the client learns that, the log learns where. */
function ourFault(error: unknown): Refusal {
  console.error(error)
  const reason = error instanceof Error ? error.message : String(error)
  return refusal(INTERNAL_ERROR, { reason })
}

/** `id` is JSON already. */
function failure(id: string, { code, message, data }: Refusal): string {
  return `{"jsonrpc":"2.0","id":${id},"error":${JSON.stringify({ code, message, data })}}`
}
