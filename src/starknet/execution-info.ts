/**
 * The cells that contracts get from get_execution_info, prepared once per transaction.
 *
 * Only two things differ between its calls: who is called by whom, and what accounts of old classes are shown (version 1,
 * or no bound for data gas). A meta transaction shows its callees another transaction until it returns.
 *
 * Invariant: the lists are private copies, so no call can see them change.
 */
import { CELL_LONGS, CELL_WORDS, writeCell } from '../felt/cell.ts'
import type { CellList, ExecutionInfo } from '../vm/host.ts'
import type { BlockContext } from './block-context.ts'
import { ADDRESS, CALLER, SELECTOR } from './call-tree.ts'
import {
  ALL_RESOURCES,
  CALLDATA_COUNT,
  DEPLOYMENT_DATA_COUNT,
  FIELD_CHAIN_ID,
  FIELD_L1_GAS,
  FIELD_MAX_FEE,
  FIELD_VERSION,
  FORM,
  fieldOffset,
  KIND,
  L1_HANDLER,
  LISTS,
  PAYMASTER_COUNT,
  PROOF_FACTS_COUNT,
  SIGNATURE_COUNT,
} from './encoded-transaction.ts'
import { QUERY_VERSION } from './transaction.ts'

const TRANSACTION_CELLS = 9
const BOUND_CELLS = 3

/** The transaction that contracts see. */
interface ShownTransaction {
  transaction: CellList
  signature: CellList
  resourceBounds: CellList
  paymasterData: CellList
  accountDeploymentData: CellList
  proofFacts: CellList
}

export class ExecutionInfoCells {
  readonly #own: ShownTransaction = {
    transaction: list(TRANSACTION_CELLS),
    signature: list(2),
    resourceBounds: list(3 * BOUND_CELLS),
    paymasterData: list(0),
    accountDeploymentData: list(0),
    proofFacts: list(0),
  }
  #shown: ShownTransaction = this.#own
  readonly #block = list(3)
  readonly #validateBlock = list(3)
  readonly #call = list(3)
  readonly #callWords = new Int32Array(this.#call.cells.buffer)
  readonly #version1 = list(TRANSACTION_CELLS)
  readonly #withoutData = list(2 * BOUND_CELLS)
  #chainId = 0n

  /** Takes the facts of another block. */
  beginBlock(context: BlockContext, numberRounding: number, timestampRounding: number): void {
    const { number, timestamp } = context
    setCells(this.#block, [BigInt(number), BigInt(timestamp), context.sequencerAddress])
    const rounded = (value: number, by: number) => BigInt(Math.floor(value / by) * by)
    setCells(this.#validateBlock, [
      rounded(number, numberRounding),
      rounded(timestamp, timestampRounding),
      0n,
    ])
    this.#chainId = context.chainId
  }

  /** Takes another transaction, encoded in `words` and the same bytes as longs. */
  begin(words: Int32Array, longs: BigUint64Array): void {
    const own = this.#own
    this.#shown = own
    copyLongs(longs, fieldOffset(FIELD_VERSION) >> 1, own.transaction, TRANSACTION_CELLS)
    writeCell(own.transaction.cells, FIELD_CHAIN_ID * CELL_LONGS, this.#chainId)
    writeCell(own.transaction.cells, FIELD_MAX_FEE * CELL_LONGS, 0n)
    const isOld = words[KIND] === L1_HANDLER
    const bounds = isOld ? 0 : (words[FORM]! & ALL_RESOURCES) !== 0 ? 3 : 2
    copyLongs(longs, fieldOffset(FIELD_L1_GAS) >> 1, own.resourceBounds, bounds * BOUND_CELLS)
    let at = (LISTS + words[CALLDATA_COUNT]! * CELL_WORDS) >> 1
    at = copyLongs(longs, at, own.signature, words[SIGNATURE_COUNT]!)
    at = copyLongs(longs, at, own.paymasterData, words[PAYMASTER_COUNT]!)
    at = copyLongs(longs, at, own.accountDeploymentData, words[DEPLOYMENT_DATA_COUNT]!)
    copyLongs(longs, at, own.proofFacts, words[PROOF_FACTS_COUNT]!)
  }

  /** Shows a meta transaction; returns what to hand to `restore`. */
  showMeta(account: bigint, hash: bigint, signature: CellList): ShownTransaction {
    const before = this.#shown
    const version = this.isQuery() ? QUERY_VERSION : 0n
    const transaction = list(TRANSACTION_CELLS)
    setCells(transaction, [version, account, 0n, hash, this.#chainId, 0n, 0n, 0n, 0n])
    this.#shown = {
      transaction,
      signature: { cells: signature.cells.slice(), count: signature.count },
      resourceBounds: list(0),
      paymasterData: list(0),
      accountDeploymentData: list(0),
      proofFacts: list(0),
    }
    return before
  }

  restore(before: ShownTransaction): void {
    this.#shown = before
  }

  /** Whether the running transaction is only a query, by its version. */
  isQuery(): boolean {
    // 2^128 sits in limb 2 of the version.
    return this.#own.transaction.cells[3] !== 0n
  }

  /** What the call whose record starts at word `at` sees. */
  forCall(
    calls: Int32Array,
    at: number,
    isValidation: boolean,
    showsVersion1: boolean,
    hidesDataGas: boolean,
  ): ExecutionInfo {
    const words = this.#callWords
    for (let i = 0; i < CELL_WORDS; i++) {
      words[i] = calls[at + CALLER + i]!
      words[CELL_WORDS + i] = calls[at + ADDRESS + i]!
      words[2 * CELL_WORDS + i] = calls[at + SELECTOR + i]!
    }
    const shown = this.#shown
    const isOwn = shown === this.#own
    return {
      block: isValidation ? this.#validateBlock : this.#block,
      transaction: showsVersion1 && isOwn ? this.#asVersion1() : shown.transaction,
      signature: shown.signature,
      resourceBounds: hidesDataGas && isOwn ? this.#withoutDataGas() : shown.resourceBounds,
      paymasterData: shown.paymasterData,
      accountDeploymentData: shown.accountDeploymentData,
      proofFacts: shown.proofFacts,
      call: this.#call,
    }
  }

  #asVersion1(): CellList {
    const cells = this.#version1
    cells.cells.set(this.#own.transaction.cells)
    writeCell(cells.cells, 0, this.isQuery() ? QUERY_VERSION + 1n : 1n)
    return cells
  }

  #withoutDataGas(): CellList {
    const bounds = this.#withoutData
    bounds.cells.set(this.#own.resourceBounds.cells.subarray(0, 2 * BOUND_CELLS * CELL_LONGS))
    return bounds
  }
}

function list(count: number): CellList {
  return { cells: new BigUint64Array(count * CELL_LONGS), count }
}

function setCells(target: CellList, felts: bigint[]): void {
  felts.forEach((felt, index) => {
    writeCell(target.cells, index * CELL_LONGS, felt)
  })
}

/** Takes `count` cells from `longs[at]`; returns where they end. */
function copyLongs(longs: BigUint64Array, at: number, target: CellList, count: number): number {
  const length = count * CELL_LONGS
  if (target.cells.length < length) target.cells = new BigUint64Array(length)
  const { cells } = target
  for (let i = 0; i < length; i++) cells[i] = longs[at + i]!
  target.count = count
  return at + length
}
