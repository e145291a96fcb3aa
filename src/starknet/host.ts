/**
 * What syscalls mean: the Host of the Cairo machine, on the state and the call tree of one transaction.
 *
 * Each method answers OK, REVERT (the contract gets `reason`), ERROR (nothing catches it) or HALT (a value is not known
 * yet). An inner call that fails is taken back here, before its caller hears of it: writes, events and messages; its
 * record stays in the tree.
 */
import {
  CELL_WORDS,
  copyCellWords,
  equalCellWords,
  readCell,
  readCells,
  readCellWords,
  writeCell,
  writeCellWords,
} from '../felt/cell.ts'
import {
  type CellList,
  type CellMemory,
  ERROR,
  type ExecutionInfo,
  FAILED,
  FAULTED,
  HALT,
  type Host,
  OK,
  RETURNED,
  REVERT,
} from '../vm/host.ts'
import { contractAddress, EXECUTE_SELECTOR } from './addresses.ts'
import { copyFelt } from './cached-state.ts'
import {
  ADDRESS,
  CALL_RECORD_WORDS,
  CALLDATA,
  CALLDATA_LENGTH,
  CALLER,
  CLASS,
  CONSTRUCTOR,
  EXTERNAL,
  FLAGS,
  LIBRARY_CALL,
  SELECTOR,
} from './call-tree.ts'
import { shownBounds } from './class-table.ts'
import { callEntryPoint, deployContract, leafFault, listOf } from './entry-point.ts'
import { isOverEthereum, isOverKeys, KEY_RANGE } from './felt-ranges.ts'
import { legacyTransactionHash } from './legacy-transaction-hash.ts'
import { ENTRYPOINT_FAILED } from './panic-chain.ts'
import { longHex } from './revert-reason.ts'
import { BLOCK_HASHES_CELL, type Fault, type Run, ZERO_CELL } from './run.ts'
import { QUERY_VERSION } from './transaction.ts'

const executeSelector = new Int32Array(CELL_WORDS)
writeCell(new BigUint64Array(executeSelector.buffer), 0, EXECUTE_SELECTOR)

const INVALID_ARGUMENT = listOf('Invalid argument')
const BLOCK_OUT_OF_RANGE = listOf('Block number out of range')

export class StarknetHost implements Host {
  reason: CellList = { cells: new BigUint64Array(0), count: 0 }
  returned: CellList = { cells: new BigUint64Array(0), count: 0 }
  error: Fault | null = null
  gasLeft = 0

  readonly #run: Run
  readonly #reason: CellList = { cells: new BigUint64Array(64), count: 0 }

  constructor(run: Run) {
    this.#run = run
  }

  storageRead(memory: CellMemory, key: number, out: number): number {
    const run = this.#run
    if (isOverKeys(memory.words, key >> 2)) return this.#outOfRange(KEY_RANGE)
    const slot = this.#ownSlot(memory, key)
    if (!run.state.load(slot)) return HALT
    run.tree.addAccess(run.current, slot)
    copyCellWords(run.state.values, slot * CELL_WORDS, memory.words, out >> 2)
    return OK
  }

  storageWrite(memory: CellMemory, key: number, value: number): number {
    const run = this.#run
    if (isOverKeys(memory.words, key >> 2)) return this.#outOfRange(KEY_RANGE)
    const slot = this.#ownSlot(memory, key)
    if (!run.state.load(slot)) return HALT
    run.tree.addAccess(run.current, slot)
    run.state.write(slot, memory.words, value >> 2)
    return OK
  }

  getClassHashAt(memory: CellMemory, address: number, out: number): number {
    const run = this.#run
    if (run.isValidation) return this.#unauthorized('get_class_hash_at')
    if (isOverKeys(memory.words, address >> 2)) return this.#outOfRange(KEY_RANGE)
    const copy = this.#exported(memory, address, scratch, 0)
    const slot = run.classSlot(copy, 0)
    if (!run.state.load(slot)) return HALT
    copyCellWords(run.state.values, slot * CELL_WORDS, memory.words, out >> 2)
    return OK
  }

  getBlockHash(memory: CellMemory, blockNumber: number, out: number): number {
    const run = this.#run
    const { number } = run.block.context
    const asked = readCell(memory.cells, blockNumber >> 3)
    const newest = number - run.block.constants.blockHashDistance
    if (newest < 0 || asked > BigInt(newest)) {
      if (run.isValidation) return this.#unauthorized('get_block_hash on recent blocks')
      this.reason = BLOCK_OUT_OF_RANGE
      return REVERT
    }
    const { cells } = run.block
    const slot = run.storageSlot(cells, BLOCK_HASHES_CELL, memory.words, blockNumber >> 2)
    if (!run.state.load(slot)) return HALT
    copyCellWords(run.state.values, slot * CELL_WORDS, memory.words, out >> 2)
    return OK
  }

  replaceClass(memory: CellMemory, classHash: number): number {
    const run = this.#run
    const copy = this.#exported(memory, classHash, scratch, 0)
    const declared = run.declaredSlot(copy, 0)
    if (!run.state.load(declared)) return HALT
    if (run.isZero(declared)) {
      const hash = longHex(readCellWords(scratch, 0))
      return this.#fail(`Class with hash ${hash} is not declared.`)
    }
    const slot = run.classSlot(run.tree.calls, this.#record() + ADDRESS)
    if (!run.state.load(slot)) return HALT
    run.state.write(slot, scratch, 0)
    return OK
  }

  emitEvent(
    memory: CellMemory,
    keys: number,
    keyCount: number,
    data: number,
    dataCount: number,
  ): number {
    const run = this.#run
    const { tree } = run
    const { maxEvents, maxEventKeys, maxEventData } = run.block.constants
    const number = tree.phaseEvents + 1
    if (number > maxEvents)
      return this.#exceeded('number of events', 'number events', number, maxEvents)
    if (keyCount > maxEventKeys) {
      return this.#exceeded('keys length', 'keys length', keyCount, maxEventKeys)
    }
    if (dataCount > maxEventData) {
      return this.#exceeded('data length', 'data length', dataCount, maxEventData)
    }
    const cell = tree.copyCells(memory.words, keys >> 2, keyCount)
    tree.copyCells(memory.words, data >> 2, dataCount)
    tree.addEvent(run.current, cell, keyCount, dataCount)
    return OK
  }

  sendMessageToL1(memory: CellMemory, to: number, payload: number, count: number): number {
    const { tree, current } = this.#run
    if (isOverEthereum(memory.words, to >> 2)) {
      return this.#outOfRange(`${readCell(memory.cells, to >> 3)}`)
    }
    const cell = tree.copyCells(memory.words, to >> 2, 1)
    tree.copyCells(memory.words, payload >> 2, count)
    tree.addMessage(current, cell, count)
    return OK
  }

  callContract(
    memory: CellMemory,
    address: number,
    selector: number,
    calldata: number,
    count: number,
    gas: number,
  ): number {
    const run = this.#run
    if (isOverKeys(memory.words, address >> 2)) return this.#outOfRange(KEY_RANGE)
    if (
      run.block.constants.blockDirectExecuteCall &&
      equalCellWords(memory.words, selector >> 2, executeSelector, 0)
    ) {
      return this.#invalidArgument(gas)
    }
    const call = this.#open(memory, selector, calldata, count)
    const at = call * CALL_RECORD_WORDS
    const { calls } = run.tree
    copyFelt(memory.words, address >> 2, calls, at + ADDRESS)
    const outer = this.#record()
    if (run.isValidation && !equalCellWords(calls, at + ADDRESS, calls, outer + ADDRESS)) {
      return this.#unauthorized('call_contract')
    }
    copyCellWords(calls, outer + ADDRESS, calls, at + CALLER)
    return this.#call(call, gas)
  }

  libraryCall(
    memory: CellMemory,
    classHash: number,
    selector: number,
    calldata: number,
    count: number,
    gas: number,
  ): number {
    const { tree } = this.#run
    const call = this.#open(memory, selector, calldata, count)
    const at = call * CALL_RECORD_WORDS
    const outer = this.#record()
    tree.calls[at + FLAGS] = LIBRARY_CALL
    copyFelt(memory.words, classHash >> 2, tree.calls, at + CLASS)
    copyCellWords(tree.calls, outer + ADDRESS, tree.calls, at + ADDRESS)
    copyCellWords(tree.calls, outer + CALLER, tree.calls, at + CALLER)
    return this.#call(call, gas)
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
    const run = this.#run
    const { constants } = run.block
    if (run.isValidation && constants.disableDeployInValidation) return this.#unauthorized('deploy')
    const call = this.#run.openCall(CONSTRUCTOR)
    const { tree } = run
    const at = call * CALL_RECORD_WORDS
    const outer = this.#record()
    tree.calls[at + CALLDATA] = tree.copyCells(memory.words, calldata >> 2, count)
    tree.calls[at + CALLDATA_LENGTH] = count
    copyFelt(memory.words, classHash >> 2, tree.calls, at + CLASS)
    copyCellWords(tree.calls, outer + ADDRESS, tree.calls, at + CALLER)
    const felts = tree.calls[at + CALLDATA]!
    const deployer = fromZero ? 0n : readCellWords(tree.calls, outer + ADDRESS)
    const address = contractAddress(
      deployer,
      readCell(memory.cells, salt >> 3),
      readCellWords(tree.calls, at + CLASS),
      readCells(tree.cellLongs, felts * 4, count),
    )
    writeCellWords(tree.calls, at + ADDRESS, address)
    const outcome = deployContract(run, call, gas)
    // Not before the constructor ran: `out` may be scratch that its syscalls use too.
    copyCellWords(tree.calls, at + ADDRESS, memory.words, out >> 2)
    this.returned = run.returned
    this.gasLeft = run.gasLeft
    return outcome === RETURNED ? OK : this.#fell(outcome)
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
    const run = this.#run
    if (run.isValidation) return this.#unauthorized('meta_tx_v0')
    if (isOverKeys(memory.words, address >> 2)) return this.#outOfRange(KEY_RANGE)
    if (!equalCellWords(memory.words, selector >> 2, executeSelector, 0)) {
      return this.#invalidArgument(gas)
    }
    const call = this.#open(memory, selector, calldata, count)
    const { tree, info } = run
    const at = call * CALL_RECORD_WORDS
    copyFelt(memory.words, address >> 2, tree.calls, at + ADDRESS)
    copyCellWords(run.block.cells, ZERO_CELL, tree.calls, at + CALLER)
    const account = readCellWords(tree.calls, at + ADDRESS)
    const first = tree.calls[at + CALLDATA]!
    const meta = {
      type: 'INVOKE' as const,
      version: info.isQuery() ? QUERY_VERSION : 0n,
      address: account,
      entryPointSelector: EXECUTE_SELECTOR,
      calldata: readCells(tree.cellLongs, first * 4, count),
      maxFee: 0n,
      nonce: 0n,
    }
    const hash = legacyTransactionHash(meta, run.block.context.chainId)
    const start = tree.copyCells(memory.words, signature >> 2, signatureCount) * 4
    const cells = tree.cellLongs.slice(start, start + signatureCount * 4)
    const before = info.showMeta(account, hash, { cells, count: signatureCount })
    const status = this.#call(call, gas)
    info.restore(before)
    return status
  }

  executionInfo(): ExecutionInfo {
    const run = this.#run
    const { constants } = run.block
    const at = this.#record()
    const runnable = run.classes.find(run.tree.calls, at + CLASS)!
    const { isVersion1, hidesDataGas } = shownBounds(runnable, constants)
    return run.info.forCall(
      run.tree.calls,
      at,
      run.isValidation,
      isVersion1 && run.tip <= constants.v1BoundMaxTip,
      hidesDataGas,
    )
  }

  gasSeen(gas: number): void {
    this.#run.seenGas = gas
  }

  stopped(): boolean {
    return this.#run.view.stopped()
  }

  /** Runs an inner call; what it did is taken back if it fails. */
  #call(call: number, gas: number): number {
    const run = this.#run
    const { tree, state } = run
    const writes = state.mark()
    const { eventCount, messageCount } = tree
    const outcome = callEntryPoint(run, call, gas)
    this.gasLeft = run.gasLeft
    if (outcome === RETURNED) {
      this.returned = run.returned
      return OK
    }
    if (outcome !== FAILED) return this.#fell(outcome)
    state.undo(writes)
    tree.eventCount = eventCount
    tree.messageCount = messageCount
    this.reason = this.#failure(run.returned)
    return REVERT
  }

  /** A callee's felts with 'ENTRYPOINT_FAILED' behind them. */
  #failure(data: CellList): CellList {
    const reason = this.#reason
    const length = data.count * 4
    if (reason.cells.length < length + 4) reason.cells = new BigUint64Array(2 * length + 4)
    for (let i = 0; i < length; i++) reason.cells[i] = data.cells[i]!
    writeCell(reason.cells, length, ENTRYPOINT_FAILED)
    reason.count = data.count + 1
    return reason
  }

  #fell(outcome: number): number {
    if (outcome !== FAULTED) return HALT
    this.error = this.#run.fault
    return ERROR
  }

  /** Opens the record of an external call: selector and calldata are set. */
  #open(memory: CellMemory, selector: number, calldata: number, count: number): number {
    const run = this.#run
    const call = run.openCall(EXTERNAL)
    const { tree } = run
    const at = call * CALL_RECORD_WORDS
    copyFelt(memory.words, selector >> 2, tree.calls, at + SELECTOR)
    tree.calls[at + CALLDATA] = tree.copyCells(memory.words, calldata >> 2, count)
    tree.calls[at + CALLDATA_LENGTH] = count
    return call
  }

  /** The slot of a storage cell of the running contract. */
  #ownSlot(memory: CellMemory, key: number): number {
    const run = this.#run
    return run.storageSlot(run.tree.calls, this.#record() + ADDRESS, memory.words, key >> 2)
  }

  /** Word offset of the running call's record. */
  #record(): number {
    return this.#run.current * CALL_RECORD_WORDS
  }

  #exported(memory: CellMemory, cell: number, to: Int32Array, at: number): Int32Array {
    copyFelt(memory.words, cell >> 2, to, at)
    return to
  }

  /** A call that is not made: the caller keeps its gas. */
  #invalidArgument(gas: number): number {
    this.reason = INVALID_ARGUMENT
    this.gasLeft = gas
    return REVERT
  }

  #unauthorized(name: string): number {
    return this.#fail(`Unauthorized syscall ${name} in execution mode Validate.`)
  }

  #exceeded(what: string, name: string, got: number, most: number): number {
    return this.#fail(`Exceeded the maximum ${what}, ${name}: ${got}, max ${name}: ${most}.`)
  }

  #outOfRange(range: string): number {
    return this.#fail(`Out of range ${range}.`)
  }

  #fail(text: string): number {
    this.error = leafFault(text)
    return ERROR
  }
}

const scratch = new Int32Array(CELL_WORDS)
