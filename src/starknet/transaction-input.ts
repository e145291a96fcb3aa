/**
 * The encoded transaction as one incarnation reads it: a private copy on a cell boundary, and the numbers that rules
 * compare.
 */
import type { View } from '../executor/machine.ts'
import { readCell } from '../felt/cell.ts'
import {
  ALL_RESOURCES,
  CALLDATA_COUNT,
  CODE_SIZE,
  FIELD_L1_DATA_GAS,
  FIELD_L1_GAS,
  FIELD_L2_GAS,
  FIELD_NONCE,
  FIELD_TIP,
  FORM,
  fieldOffset,
  KIND,
  LISTS,
  PROOF_FACTS_COUNT,
  SIGNATURE_COUNT,
} from './encoded-transaction.ts'
import type { GasMode } from './gas.ts'
import type { ResourceBound, ResourceBounds } from './transaction.ts'

export class TransactionInput {
  /** The same bytes, as words and as longs. */
  words: Int32Array
  longs: BigUint64Array
  kind = 0
  form = 0
  mode: GasMode = 'all'
  nonce = 0n
  tip = 0n
  bounds: ResourceBounds
  calldataCount = 0
  signatureCount = 0
  proofFactsCount = 0
  codeSize = 0
  /** Word behind the last list, the proof facts. */
  listsEnd = 0

  constructor() {
    const buffer = new ArrayBuffer(4096 * 4)
    this.words = new Int32Array(buffer)
    this.longs = new BigUint64Array(buffer)
    const none = () => ({ maxAmount: 0n, maxPricePerUnit: 0n })
    this.bounds = { l1Gas: none(), l2Gas: none(), l1DataGas: none() }
  }

  read(view: View): void {
    const count = view.transactionWords
    if (count > this.words.length) {
      const buffer = new ArrayBuffer(count * 8)
      this.words = new Int32Array(buffer)
      this.longs = new BigUint64Array(buffer)
    }
    const { words } = this
    const from = view.transaction
    for (let i = 0; i < count; i++) words[i] = view.words[from + i]!
    this.listsEnd = count
    this.kind = words[KIND]!
    this.form = words[FORM]!
    this.calldataCount = words[CALLDATA_COUNT]!
    this.signatureCount = words[SIGNATURE_COUNT]!
    this.proofFactsCount = words[PROOF_FACTS_COUNT]!
    this.codeSize = words[CODE_SIZE]!
    this.nonce = this.felt(FIELD_NONCE)
    this.tip = this.felt(FIELD_TIP)
    const isAll = (this.form & ALL_RESOURCES) !== 0
    this.mode = isAll ? 'all' : 'noL2Gas'
    this.bounds = {
      l1Gas: this.#bound(FIELD_L1_GAS),
      l2Gas: this.#bound(FIELD_L2_GAS),
      l1DataGas: isAll ? this.#bound(FIELD_L1_DATA_GAS) : null,
    }
  }

  felt(field: number): bigint {
    return readCell(this.longs, fieldOffset(field) >> 1)
  }

  /** Word offset of the calldata. */
  get calldata(): number {
    return LISTS
  }

  #bound(field: number): ResourceBound {
    return { maxAmount: this.felt(field + 1), maxPricePerUnit: this.felt(field + 2) }
  }
}
