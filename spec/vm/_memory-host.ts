/**
 * A host over maps, for specs of the virtual machines: storage, classes by address, nested calls, and a log of all that
 * a machine asked. It keeps the rules that a machine can see (reverted calls lose their writes, callees get all the gas)
 * and none of the protocol's others. Two machines that ran the same calls must leave equal logs.
 */
import { CELL_LONGS, cellsOf, readCell, readCells, writeCell } from '../../src/felt/cell.ts'
import { encodeShortString } from '../../src/felt/felt.ts'
import {
  type Call,
  type CallResult,
  type CellList,
  type CellMemory,
  type EntryPoint,
  ERROR,
  type ExecutionInfo,
  FAILED,
  FAULTED,
  HALT,
  HALTED,
  type Host,
  type HostError,
  type Machine,
  type MachineConstants,
  OK,
  type Program,
  REVERT,
  syscallNames,
} from '../../src/vm/host.ts'

/** Costs of Starknet 0.14.2 in L2 gas, base included; names that are absent cost the base. */
const costs: Record<string, number> = {
  CallContract: 91560,
  LibraryCall: 89160,
  Deploy: 147120,
  MetaTxV0: 167950,
  GetExecutionInfo: 12640,
  GetBlockHash: 10840,
  ReplaceClass: 10670,
  SendMessageToL1: 14470,
  StorageRead: 18070,
  StorageWrite: 44970,
  KeccakRound: 171707,
  Sha256ProcessBlock: 841295,
  Secp256k1New: 48750,
  Secp256k1Add: 43230,
  Secp256k1Mul: 8143850,
  Secp256k1GetPointFromX: 41800,
  Secp256k1GetXy: 21670,
  Secp256r1New: 61630,
  Secp256r1Add: 63490,
  Secp256r1Mul: 13511870,
  Secp256r1GetPointFromX: 54680,
  Secp256r1GetXy: 21870,
}

const perItem: Record<string, number> = { Deploy: 4850, MetaTxV0: 4850 }

export const constants: MachineConstants = {
  syscallCosts: Float64Array.from(syscallNames, (name) => costs[name] ?? 10_000),
  syscallCostsPerItem: Float64Array.from(syscallNames, (name) => perItem[name] ?? 0),
  builtinPrices: Float64Array.of(4050, 583, 4085, 491, 230, 604, 3334),
  entryPointBudget: 10_000,
  syscallBase: 10_000,
}

/** What a run starts from; felts are bigint. */
export interface World {
  /** `${address}/${key}` to value. */
  storage: Map<string, bigint>
  /** Cells that nobody set; 0 when absent. */
  anyStorage?: (address: bigint, key: bigint) => bigint
  /** Address to the key of a program. */
  classes: Map<bigint, string>
  /** Hash (a felt) to the key of a program. */
  declared: Map<bigint, string>
  sender: bigint
  chainId: bigint
}

export interface Invocation {
  address: bigint
  key: string
  type: 'external' | 'l1Handler' | 'constructor'
  selector: bigint
  calldata: bigint[]
  caller: bigint
  gas: number
  accounting: Call['accounting']
  stepLimit: number
}

const MAX_DEPTH = 50
const BLOCK_NUMBER = 1000n

export class MemoryHost implements Host {
  readonly log: string[] = []
  readonly storage: Map<string, bigint>
  readonly classes: Map<bigint, string>
  reason: CellList = listOf([])
  error: HostError | null = null
  returned: CellList = listOf([])
  gasLeft = 0
  /** Answers `stopped` with true from this poll on. */
  stopAtPoll = Number.POSITIVE_INFINITY
  #polls = 0
  #open: Invocation[] = []
  readonly #machine: Machine
  readonly #programs: Map<string, Program>
  readonly #world: World

  constructor(machine: Machine, programs: Map<string, Program>, world: World) {
    this.#machine = machine
    this.#programs = programs
    this.#world = world
    this.storage = new Map(world.storage)
    this.classes = new Map(world.classes)
  }

  /** Runs one call as a transaction of its own would. */
  invoke(invocation: Invocation): CallResult | string {
    const found = this.#find(invocation)
    if (typeof found === 'string') return found
    const calldata = cellsOf(invocation.calldata)
    this.#open.push(invocation)
    const result = this.#machine.run({
      program: found.program,
      entryPoint: found.entryPoint,
      calldata,
      calldataStart: 0,
      calldataCount: invocation.calldata.length,
      gas: invocation.gas,
      accounting: invocation.accounting,
      stepLimit: invocation.stepLimit,
    })
    this.#open.pop()
    return result
  }

  storageRead(memory: CellMemory, key: number, out: number): number {
    const felt = readAt(memory, key)
    const { address } = this.#current
    const unset = this.#world.anyStorage?.(address, felt) ?? 0n
    const value = this.storage.get(`${address}/${felt}`) ?? unset
    this.log.push(`read ${felt} ${value}`)
    writeCell(memory.cells, out >> 3, value)
    return OK
  }

  storageWrite(memory: CellMemory, key: number, value: number): number {
    const [k, v] = [readAt(memory, key), readAt(memory, value)]
    this.log.push(`write ${k} ${v}`)
    this.storage.set(`${this.#current.address}/${k}`, v)
    return OK
  }

  getClassHashAt(memory: CellMemory, address: number, out: number): number {
    const key = this.classes.get(readAt(memory, address))
    const hash = [...this.#world.declared].find((entry) => entry[1] === key)?.[0] ?? 0n
    this.log.push(`class at ${readAt(memory, address)} ${hash}`)
    writeCell(memory.cells, out >> 3, hash)
    return OK
  }

  getBlockHash(memory: CellMemory, blockNumber: number, out: number): number {
    const number = readAt(memory, blockNumber)
    this.log.push(`block hash ${number}`)
    if (number > BLOCK_NUMBER - 10n) return this.#refuse('Block number out of range')
    writeCell(memory.cells, out >> 3, number * 7n + 1n)
    return OK
  }

  replaceClass(memory: CellMemory, classHash: number): number {
    const hash = readAt(memory, classHash)
    this.log.push(`replace class ${hash}`)
    const key = this.#world.declared.get(hash)
    if (key === undefined) return this.#fail(`Class with hash ${hash64(hash)} is not declared.`)
    this.classes.set(this.#current.address, key)
    return OK
  }

  emitEvent(
    memory: CellMemory,
    keys: number,
    keyCount: number,
    data: number,
    dataCount: number,
  ): number {
    const [k, d] = [readList(memory, keys, keyCount), readList(memory, data, dataCount)]
    this.log.push(`event [${k}] [${d}]`)
    return OK
  }

  sendMessageToL1(memory: CellMemory, to: number, payload: number, count: number): number {
    const address = readAt(memory, to)
    this.log.push(`message ${address} [${readList(memory, payload, count)}]`)
    return address >> 160n === 0n ? OK : this.#fail(`Out of range ${address}.`)
  }

  callContract(
    memory: CellMemory,
    address: number,
    selector: number,
    calldata: number,
    count: number,
    gas: number,
  ): number {
    const target = readAt(memory, address)
    const key = this.classes.get(target)
    if (key === undefined) {
      const called = calledText('the called contract', target, 0n, readAt(memory, selector))
      return this.#failBelow(
        called,
        `Requested contract address ${hash64(target)} is not deployed.`,
      )
    }
    return this.#inner({
      ...this.#current,
      address: target,
      key,
      type: 'external',
      selector: readAt(memory, selector),
      calldata: readList(memory, calldata, count),
      caller: this.#current.address,
      gas,
    })
  }

  libraryCall(
    memory: CellMemory,
    classHash: number,
    selector: number,
    calldata: number,
    count: number,
    gas: number,
  ): number {
    const hash = readAt(memory, classHash)
    const key = this.#world.declared.get(hash)
    if (key === undefined) {
      const { address } = this.#current
      const called = calledText('a library call', address, hash, readAt(memory, selector))
      return this.#failBelow(called, `Class with hash ${hash64(hash)} is not declared.`)
    }
    return this.#inner({
      ...this.#current,
      key,
      type: 'external',
      selector: readAt(memory, selector),
      calldata: readList(memory, calldata, count),
      gas,
    })
  }

  deploy(
    memory: CellMemory,
    classHash: number,
    salt: number,
    calldata: number,
    count: number,
    fromZero: boolean,
    out: number,
    gas: number,
  ): number {
    const hash = readAt(memory, classHash)
    const key = this.#world.declared.get(hash)
    const felts = readList(memory, calldata, count)
    this.log.push(`deploy ${hash} ${readAt(memory, salt)} [${felts}] ${fromZero}`)
    if (key === undefined) return this.#fail('Class is not declared.')
    const address = (readAt(memory, salt) % 1000n) + 5000n
    if (this.classes.has(address)) return this.#fail('Deployment failed.')
    this.classes.set(address, key)
    writeCell(memory.cells, out >> 3, address)
    const program = this.#programs.get(key)!
    if (program.entryPoints.constructor === null) {
      if (count > 0) return this.#fail('Cannot pass calldata to a contract with no constructor.')
      return this.#give([], gas)
    }
    const status = this.#inner({
      ...this.#current,
      address,
      key,
      type: 'constructor',
      selector: program.entryPoints.constructor.selector,
      calldata: felts,
      caller: this.#current.address,
      gas,
    })
    return status === REVERT ? this.#fail('Constructor failed.') : status
  }

  metaTransaction(
    memory: CellMemory,
    address: number,
    selector: number,
    calldata: number,
    count: number,
    signature: number,
    signatureCount: number,
    gas: number,
  ): number {
    this.log.push(`meta [${readList(memory, signature, signatureCount)}]`)
    return this.callContract(memory, address, selector, calldata, count, gas)
  }

  executionInfo(): ExecutionInfo {
    const { address, caller, selector } = this.#current
    const { sender, chainId } = this.#world
    return {
      block: listOf([BLOCK_NUMBER, 1_700_000_000n, 0x5e9n]),
      transaction: listOf([3n, sender, 0n, 0x7a5n, chainId, 5n, 0n, 0n, 0n]),
      signature: listOf([11n, 12n]),
      resourceBounds: listOf([0x4c315f474153n, 1n, 2n, 0x4c325f474153n, 3n, 4n]),
      paymasterData: listOf([]),
      accountDeploymentData: listOf([]),
      proofFacts: listOf([]),
      call: listOf([caller, address, selector]),
    }
  }

  gasSeen(gas: number): void {
    this.log.push(`gas ${gas}`)
  }

  stopped(): boolean {
    return ++this.#polls > this.stopAtPoll
  }

  get #current(): Invocation {
    return this.#open.at(-1)!
  }

  #find({
    key,
    type,
    selector,
  }: Invocation): { program: Program; entryPoint: EntryPoint } | string {
    const program = this.#programs.get(key)!
    const { entryPoints } = program
    const entryPoint =
      type === 'constructor' ? entryPoints.constructor : entryPoints[type].get(selector)
    if (entryPoint === undefined || entryPoint === null) return 'ENTRYPOINT_NOT_FOUND'
    return { program, entryPoint }
  }

  /** A nested call: undone when it fails. */
  #inner(invocation: Invocation): number {
    const { address, key, selector, calldata, gas } = invocation
    this.log.push(`call ${address} ${key} ${selector} [${calldata}] ${gas}`)
    if (this.#open.length >= MAX_DEPTH) {
      return this.#fail('Execution failed due to recursion depth exceeded.')
    }
    const [storage, classes] = [new Map(this.storage), new Map(this.classes)]
    const result = this.invoke(invocation)
    const undo = (felts: bigint[], left: number) => {
      restore(this.storage, storage)
      restore(this.classes, classes)
      this.reason = listOf([...felts, encodeShortString('ENTRYPOINT_FAILED')])
      this.gasLeft = left
      return REVERT
    }
    if (typeof result === 'string') return undo([encodeShortString(result)], gas)
    const felts = readCells(result.returned.cells, 0, result.returned.count)
    this.log.push(`ended ${result.outcome} [${felts}] ${result.outcome < 2 ? result.gasLeft : ''}`)
    if (result.outcome === HALTED) return HALT
    if (result.outcome === FAULTED) return this.#fail(result.error!.text)
    if (result.outcome === FAILED) return undo(felts, result.gasLeft)
    return this.#give(felts, result.gasLeft)
  }

  #give(felts: bigint[], gasLeft: number): number {
    this.returned = listOf(felts)
    this.gasLeft = gasLeft
    return OK
  }

  #refuse(text: string): number {
    this.reason = listOf([encodeShortString(text)])
    return REVERT
  }

  /** A call that does not start: its frame stands before the reason. */
  #failBelow(called: string, text: string): number {
    return this.#fail(`${this.#open.length}: Error in ${called}:\n${text}\n`)
  }

  #fail(text: string): number {
    this.error = { text }
    return ERROR
  }
}

function calledText(what: string, address: bigint, classHash: bigint, selector: bigint): string {
  return `${what} (contract address: ${hash64(address)}, class hash: ${hash64(classHash)}, selector: ${hash64(selector)})`
}

function hash64(felt: bigint): string {
  return `0x${felt.toString(16).padStart(64, '0')}`
}

function listOf(felts: bigint[]): CellList {
  return { cells: cellsOf(felts), count: felts.length }
}

function readAt(memory: CellMemory, address: number): bigint {
  return readCell(memory.cells, address >> 3)
}

function readList(memory: CellMemory, address: number, count: number): bigint[] {
  return Array.from({ length: count }, (_, i) =>
    readCell(memory.cells, (address >> 3) + i * CELL_LONGS),
  )
}

function restore<K, V>(map: Map<K, V>, saved: Map<K, V>): void {
  map.clear()
  for (const [key, value] of saved) map.set(key, value)
}
