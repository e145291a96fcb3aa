/**
 * The frame of a syscall.
 *
 *     selector ─▶ count ─▶ gas ─▶ request ─▶ enough gas? ─▶ act ─▶ gas, 0, response
 *                                        └──▶ no, or the host refuses: gas, 1, start, end of the reason
 *
 * The frame keeps its own pointer: requests are read where the last response ended, whatever the hint's operand says.
 * A hard error writes nothing and ends the transaction.
 */
import { encodeShortString } from '../../felt/felt.ts'
import { ERROR, HALT, REVERT, type SyscallName, syscallNames } from '../host.ts'
import { keccakF, sha256Block, sha512Block } from './blocks.ts'
import { executionInfo } from './execution-info.ts'
import type { Frame } from './frame.ts'
import { hintPanic } from './operands.ts'
import { badInput, feltsOf, RequestReader, Scratch } from './requests.ts'
import {
  type Gas,
  Halt,
  Refusal,
  readOnlySegment,
  type Syscall,
  type SyscallReader,
} from './response.ts'
import { secpSyscalls } from './secp.ts'
import { advance, distance, Fault, type Pointer, type Value } from './value.ts'

const selectors = new Map(
  syscallNames
    .filter((name) => name !== 'KeccakRound')
    .map((name) => [encodeShortString(name), name]),
)

/** Names that only Cairo 0 contracts may call. */
const unsupported = new Map(
  [
    'DelegateCall',
    'DelegateL1Handler',
    'GetBlockNumber',
    'GetBlockTimestamp',
    'GetCallerAddress',
    'GetContractAddress',
    'GetSequencerAddress',
    'GetTxInfo',
    'GetTxSignature',
    'LibraryCallL1Handler',
  ].map((name) => [encodeShortString(name), name]),
)

const readers: Record<Exclude<SyscallName, 'KeccakRound'>, SyscallReader> = {
  CallContract: callReader('callContract'),
  LibraryCall: callReader('libraryCall'),
  Deploy: readDeploy,
  MetaTxV0: readMetaTransaction,
  EmitEvent(request, frame) {
    const [keys, data] = [request.list(), request.list()]
    return onHost(frame, Scratch.of(keys, data), (memory) => {
      const [k, d] = [memory.put(...keys), memory.put(...data)]
      return frame.host.emitEvent(memory, k, keys.length, d, data.length)
    })
  },
  SendMessageToL1(request, frame) {
    const [to, payload] = [request.felt(), request.list()]
    const memory = Scratch.of([to], payload)
    const send = onHost(frame, memory, () =>
      frame.host.sendMessageToL1(memory, memory.put(to), memory.put(...payload), payload.length),
    )
    return { ...send, items: payload.length }
  },
  StorageRead(request, frame) {
    readDomain(request)
    const key = request.key()
    return onHost(frame, Scratch.of([key]), (memory, out) =>
      frame.host.storageRead(memory, memory.put(key), out()),
    )
  },
  StorageWrite(request, frame) {
    readDomain(request)
    const [key, value] = [request.key(), request.felt()]
    return onHost(frame, Scratch.of([key, value]), (memory) =>
      frame.host.storageWrite(memory, memory.put(key), memory.put(value)),
    )
  },
  GetExecutionInfo(_, frame) {
    return { act: () => [executionInfo(frame)] }
  },
  GetBlockHash(request, frame) {
    const number = request.u64('Block number must fit within 64 bits.')
    return onHost(frame, Scratch.of([number]), (memory, out) =>
      frame.host.getBlockHash(memory, memory.put(number), out()),
    )
  },
  GetClassHashAt(request, frame) {
    const address = request.key()
    return onHost(frame, Scratch.of([address]), (memory, out) =>
      frame.host.getClassHashAt(memory, memory.put(address), out()),
    )
  },
  ReplaceClass(request, frame) {
    const classHash = request.felt()
    return onHost(frame, Scratch.of([classHash]), (memory) =>
      frame.host.replaceClass(memory, memory.put(classHash)),
    )
  },
  Keccak(request, frame) {
    const [start, end] = [request.pointer(), request.pointer()]
    return { act: (gas) => keccak(frame, start, end, gas) }
  },
  Sha256ProcessBlock: shaReader('sha256', 32n, sha256Block),
  Sha512ProcessBlock: shaReader('sha512', 64n, sha512Block),
  ...secpSyscalls,
}

/** Executes the syscall at the frame's pointer. */
export function systemCall(frame: Frame): void {
  const request = new RequestReader(frame)
  const selector = request.felt()
  const name = selectors.get(selector) as Exclude<SyscallName, 'KeccakRound'> | undefined
  if (name === undefined) throw unknownSelector(selector)
  const index = syscallNames.indexOf(name)
  frame.syscallCounts[index]! += 1
  const gas = { left: request.u64('Unexpected gas.') }
  const { items = 0, act } = readers[name](request, frame)

  const { syscallCosts, syscallCostsPerItem, syscallBase } = frame.constants
  const cost = syscallCosts[index]! + syscallCostsPerItem[index]! * items
  const required = BigInt(cost - syscallBase)
  let response: Value[] | Refusal
  if (gas.left < required) response = new Refusal([encodeShortString('Out of gas')])
  else {
    gas.left -= required
    if (frame.call.accounting === 'gas') frame.host.gasSeen(Number(gas.left))
    frame.syscallItems[index]! += items
    response = act(gas)
  }
  write(frame, [gas.left, response instanceof Refusal ? 1n : 0n])
  write(frame, response instanceof Refusal ? newSegment(frame, response.reason) : response)
}

function unknownSelector(selector: bigint): Fault {
  const name = unsupported.get(selector)
  if (name !== undefined) return new Fault(`Unknown Hint: Unsupported syscall selector ${name}.`)
  return new Fault(`Invalid syscall selector: 0x${selector.toString(16)}.`)
}

function write(frame: Frame, values: Value[]): void {
  frame.syscall = frame.memory.insertAll(frame.syscall, values)
}

/** Start and end of a new segment. */
function newSegment(frame: Frame, felts: bigint[]): [Pointer, Pointer] {
  const start = frame.memory.allocate([...felts])
  return [start, advance(start, felts.length)]
}

/** Asks the host; when it reserved an output cell, that is the response. */
function onHost(
  frame: Frame,
  memory: Scratch,
  ask: (memory: Scratch, out: () => number) => number,
): Syscall {
  return {
    act() {
      let output: number | null = null
      const status = ask(memory, () => {
        output = memory.reserve()
        return output
      })
      const refusal = refused(frame, status)
      if (refusal !== null) return refusal
      return output === null ? [] : [memory.read(output)]
    },
  }
}

/** What a status means, if it is not OK. */
function refused(frame: Frame, status: number): Refusal | null {
  if (status === HALT) throw new Halt()
  if (status === REVERT) return new Refusal(feltsOf(frame.host.reason))
  if (status !== ERROR) return null
  const fault = new Fault(frame.host.error?.text ?? '')
  fault.host = frame.host.error
  throw fault
}

/** Takes over the gas that a callee left, and its return data. */
function returned(frame: Frame, status: number, gas: Gas): Value[] | Refusal {
  const refusal = refused(frame, status)
  gas.left = BigInt(frame.host.gasLeft)
  return refusal ?? readOnlySegment(frame, feltsOf(frame.host.returned))
}

function callReader(kind: 'callContract' | 'libraryCall'): SyscallReader {
  return (request, frame) => {
    const target = kind === 'callContract' ? request.key() : request.felt()
    const [selector, calldata] = [request.felt(), request.list()]
    return {
      act(gas) {
        const memory = Scratch.of([target, selector], calldata)
        const [t, s, c] = [memory.put(target), memory.put(selector), memory.put(...calldata)]
        const status = frame.host[kind](memory, t, s, c, calldata.length, Number(gas.left))
        return returned(frame, status, gas)
      },
    }
  }
}

function readDeploy(request: RequestReader, frame: Frame): Syscall {
  const [classHash, salt, calldata] = [request.felt(), request.felt(), request.list()]
  const fromZero = request.flag(
    'The deploy_from_zero field in the deploy system call must be 0 or 1.',
  )
  return {
    items: calldata.length,
    act(gas) {
      const memory = Scratch.of([classHash, salt], calldata)
      const [h, s, c] = [memory.put(classHash), memory.put(salt), memory.put(...calldata)]
      const out = memory.reserve()
      const left = Number(gas.left)
      const status = frame.host.deploy(memory, h, s, c, calldata.length, fromZero, out, left)
      const response = returned(frame, status, gas)
      return response instanceof Refusal ? response : [memory.read(out), ...response]
    },
  }
}

function readMetaTransaction(request: RequestReader, frame: Frame): Syscall {
  const [address, selector] = [request.key(), request.felt()]
  const [calldata, signature] = [request.list(), request.list()]
  return {
    items: calldata.length,
    act(gas) {
      const memory = Scratch.of([address, selector], calldata, signature)
      const [a, s] = [memory.put(address), memory.put(selector)]
      const [c, g] = [memory.put(...calldata), memory.put(...signature)]
      const left = Number(gas.left)
      const status = frame.host.metaTransaction(
        memory,
        a,
        s,
        c,
        calldata.length,
        g,
        signature.length,
        left,
      )
      return returned(frame, status, gas)
    },
  }
}

function readDomain(request: RequestReader): void {
  const domain = request.felt()
  if (domain !== 0n) throw new Fault(`Invalid address domain: ${domain}.`)
}

const KECCAK_RATE_WORDS = 17

function keccak(frame: Frame, start: Pointer, end: Pointer, gas: Gas): Value[] | Refusal {
  const words = frame.memory.integers(start, distance(end, start))
  for (const word of words) {
    if (word >> 64n !== 0n) throw badInput(word, 'Invalid input for the keccak syscall.')
  }
  if (words.length % KECCAK_RATE_WORDS !== 0) {
    return new Refusal([encodeShortString('Invalid input length')])
  }
  const rounds = words.length / KECCAK_RATE_WORDS
  const round = syscallNames.indexOf('KeccakRound')
  const cost = BigInt(rounds) * BigInt(frame.constants.syscallCosts[round]!)
  if (cost > gas.left) return new Refusal([encodeShortString('Out of gas')])
  gas.left -= cost
  frame.syscallCounts[round]! += rounds
  const state = new Array<bigint>(25).fill(0n)
  for (let i = 0; i < words.length; i += KECCAK_RATE_WORDS) {
    for (let j = 0; j < KECCAK_RATE_WORDS; j++) state[j]! ^= words[i + j]!
    keccakF(state)
  }
  return [state[0]! + (state[1]! << 64n), state[2]! + (state[3]! << 64n)]
}

function shaReader(
  slot: 'sha256' | 'sha512',
  bits: bigint,
  block: (state: bigint[], words: bigint[]) => bigint[],
): SyscallReader {
  return (request, frame) => {
    const [state, input] = [request.pointer(), request.pointer()]
    return {
      act() {
        const words = frame.memory.integers(input, 16)
        const before = frame.memory.integers(state, 8)
        if ([...words, ...before].some((word) => word >> bits !== 0n)) {
          throw hintPanic('SystemCall')
        }
        // Every call makes a segment; only the first is ever used.
        const fresh = frame.memory.allocate()
        const start = frame[slot] ?? fresh
        frame[slot] = frame.memory.insertAll(start, block(before, words))
        return [start]
      },
    }
  }
}
