/**
 * Storage addresses that transactions are going to ask for, hashed together before they run: a Pedersen hash costs three
 * quarters in a batch.
 *
 *     known     (name of balances, sender): the fee
 *     guessed   (variable, sender or a felt of the calldata): what transactions of the same form asked for
 *
 * A form is the number of felts in the calldata and the first of them, which name the contract and its entry point. A rule
 * is made when a transaction asks for a hash of its own felts, and dropped when it was wrong too often.
 *
 * Invariant: nothing but a memo changes, so a wrong guess costs a hash and no guess can change a result.
 */
import { CELL_BYTES, CELL_WORDS, copyCellWords, equalCellWords } from '../felt/cell.ts'
import { batchHashes, type Crypto } from '../felt/crypto.ts'
import {
  CALL,
  CALLDATA_COUNT,
  FIELD_SENDER,
  fieldOffset,
  KIND,
  LISTS,
} from './encoded-transaction.ts'
import { balanceVariable } from './fee-transfer.ts'
import type { TransactionInput } from './transaction-input.ts'

/** Forms that are remembered, each at the one place that its words give: a block has few. */
const FORMS = 256
/** Words of a form: its name, then its rules. */
const NAME_WORDS = 4
const RULES = 4
const FORM_WORDS = 48
/** Words of a rule: the cell of the variable, where the other felt comes from, and how well it did. 0 is no rule. */
const SOURCE = CELL_WORDS
const SCORE = CELL_WORDS + 1
const RULE_WORDS = CELL_WORDS + 2
/** The sender as a source; others are positions in the calldata. */
const SENDER = -1
/** Felts of the calldata that are looked at. */
const MOST_FELTS = 32

/** A rule stays as long as it is right about one time in three. */
const FIRST_SCORE = 4
const MOST_SCORE = 12
const RIGHT = 2

export class HashesAhead {
  readonly #crypto: Crypto
  readonly #forms = new Int32Array(FORMS * FORM_WORDS)
  /** Word offset of the kernel's list of hashes that were asked for the first time. */
  readonly #missed: number
  /** Pairs that wait in scratch memory. */
  #pairs = 0

  constructor(crypto: Crypto) {
    this.#crypto = crypto
    this.#missed = crypto.missedHashes() >> 2
  }

  /** Hashes for the transactions encoded at the first `count` of these offsets. */
  compute(words: Int32Array, transactions: Int32Array, count: number): void {
    for (let i = 0; i < count; i++) this.#foresee(words, transactions[i]!)
    this.#flush()
  }

  /** Draws rules from what the transaction of `input` asked for. */
  learn(input: TransactionInput): void {
    const crypto = this.#crypto
    const missed = crypto.words[this.#missed]!
    crypto.words[this.#missed] = 0
    const { words } = input
    const form = formAt(words, 0)
    const isKnown = sameName(this.#forms, form, words, 0)
    if (missed === 0 && !isKnown) return
    if (!isKnown) this.#name(form, words)
    const firstRule = form + NAME_WORDS
    for (let rule = firstRule; rule < firstRule + RULES * RULE_WORDS; rule += RULE_WORDS) {
      if (this.#forms[rule + SCORE]! > 0) this.#forms[rule + SCORE]!--
    }
    for (let i = 1; i <= missed; i++) {
      this.#learnPair(firstRule, input, crypto.words[this.#missed + i]! >> 2)
    }
  }

  /** The pair of cells at `pair` was asked for: a rule is right, or there is a new one. */
  #learnPair(firstRule: number, { words, calldataCount }: TransactionInput, pair: number): void {
    const { words: asked } = this.#crypto
    const forms = this.#forms
    const felt = pair + CELL_WORDS
    const sender = fieldOffset(FIELD_SENDER)
    const isSender = equalCellWords(asked, felt, words, sender)
    if (isSender && equalCellWords(asked, pair, balanceVariable(), 0)) return
    let weakest = firstRule
    for (let rule = firstRule; rule < firstRule + RULES * RULE_WORDS; rule += RULE_WORDS) {
      if (forms[rule + SCORE]! < forms[weakest + SCORE]!) weakest = rule
      if (forms[rule + SCORE] === 0 || !equalCellWords(forms, rule, asked, pair)) continue
      if (!equalCellWords(words, sourceOffset(forms[rule + SOURCE]!), asked, felt)) continue
      forms[rule + SCORE] = Math.min(MOST_SCORE, forms[rule + SCORE]! + RIGHT + 1)
      return
    }
    let source = SENDER
    if (!isSender) {
      const most = Math.min(calldataCount, MOST_FELTS)
      do source++
      while (source < most && !equalCellWords(words, sourceOffset(source), asked, felt))
      if (source === most) return
    }
    copyCellWords(asked, pair, forms, weakest)
    forms[weakest + SOURCE] = source
    forms[weakest + SCORE] = FIRST_SCORE
  }

  /** Adds the pairs of one transaction. */
  #foresee(words: Int32Array, at: number): void {
    // Calls and messages have no account that pays, and come alone.
    if (words[at + KIND]! >= CALL) return
    this.#add(balanceVariable(), 0, words, at + fieldOffset(FIELD_SENDER))
    const forms = this.#forms
    const form = formAt(words, at)
    if (!sameName(forms, form, words, at)) return
    const firstRule = form + NAME_WORDS
    for (let rule = firstRule; rule < firstRule + RULES * RULE_WORDS; rule += RULE_WORDS) {
      if (forms[rule + SCORE] === 0) continue
      this.#add(forms, rule, words, at + sourceOffset(forms[rule + SOURCE]!))
    }
  }

  #add(variable: Int32Array, at: number, felt: Int32Array, feltAt: number): void {
    const { words, scratch } = this.#crypto
    const pair = (scratch >> 2) + this.#pairs * 2 * CELL_WORDS
    copyCellWords(variable, at, words, pair)
    copyCellWords(felt, feltAt, words, pair + CELL_WORDS)
    if (++this.#pairs === batchHashes) this.#flush()
  }

  #flush(): void {
    const { scratch } = this.#crypto
    const out = scratch + 2 * batchHashes * CELL_BYTES
    if (this.#pairs > 0) this.#crypto.pedersenAhead(scratch, this.#pairs, out)
    this.#pairs = 0
  }

  /** Starts a form without rules at a place. */
  #name(form: number, words: Int32Array): void {
    this.#forms.fill(0, form, form + FORM_WORDS)
    for (let i = 0; i < NAME_WORDS; i++) this.#forms[form + i] = nameWord(words, 0, i)
  }
}

/** Word offset within an encoded transaction of the felt that a source names. */
function sourceOffset(source: number): number {
  return source === SENDER ? fieldOffset(FIELD_SENDER) : LISTS + source * CELL_WORDS
}

/** Word `i` of the name of a transaction's form: the length of its calldata + 1, then three felts, or 0. */
function nameWord(words: Int32Array, at: number, i: number): number {
  const count = words[at + CALLDATA_COUNT]!
  if (i === 0) return count + 1
  if (i > count) return 0
  const felt = at + sourceOffset(i - 1)
  return words[felt]! ^ words[felt + 4]!
}

/** The place of a transaction's form. */
function formAt(words: Int32Array, at: number): number {
  let hash = 0
  for (let i = 0; i < NAME_WORDS; i++) hash = Math.imul(hash ^ nameWord(words, at, i), 0x9e3779b1)
  return (hash >>> 24) * FORM_WORDS
}

function sameName(forms: Int32Array, form: number, words: Int32Array, at: number): boolean {
  for (let i = 0; i < NAME_WORDS; i++) if (forms[form + i] !== nameWord(words, at, i)) return false
  return true
}
