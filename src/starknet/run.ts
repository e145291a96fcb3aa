/**
 * What the parts of one transaction's execution share: state, call tree, limits, and the call that is running.
 *
 * One object per thread, begun again for every incarnation. It has no rules: those are in `entry-point.ts` (how a call
 * starts and ends), `host.ts` (what a syscall means) and `flow.ts` (the order of a transaction).
 */
import type { View } from '../executor/machine.ts'
import { CELL_WORDS, writeCellWords } from '../felt/cell.ts'
import { CLASS_HASH, COMPILED_CLASS_HASH, STORAGE } from '../state/location.ts'
import type { CellList, HostError, Machine, MachineConstants } from '../vm/host.ts'
import type { BlockContext, ExecutionFlags } from './block-context.ts'
import { CachedState } from './cached-state.ts'
import { CALL_RECORD_WORDS, CallTree, CONSTRUCTOR, ENTRY_TYPE, SHOWN_DEPTH } from './call-tree.ts'
import type { ClassTable } from './class-table.ts'
import { ExecutionInfoCells } from './execution-info.ts'
import type { GasPrices } from './fee.ts'
import type { Gas } from './gas.ts'
import type { CalledContract } from './revert-reason.ts'
import type { VersionedConstants } from './versioned-constants.ts'

/** The block that a thread works for, decoded once. */
export interface BlockRun {
  context: BlockContext
  flags: ExecutionFlags
  constants: VersionedConstants
  machineConstants: MachineConstants
  prices: GasPrices
  weiPrices: GasPrices
  /** Minimal gas by kind, mode and length of calldata, as far as it was asked for. */
  leastGas: Map<string, Gas>
  /** Cells of addresses, and of the sequencer's fee balance: contract and key of the low limb, then the high one. */
  cells: Int32Array
}

/** Word offsets in `BlockRun.cells`. */
export const ZERO_CELL = 0
export const STRK_CELL = CELL_WORDS
export const SEQUENCER_CELL = 2 * CELL_WORDS
export const SEQUENCER_LOW_KEY = 3 * CELL_WORDS
export const SEQUENCER_HIGH_KEY = 4 * CELL_WORDS
/** The contract that keeps block hashes. */
export const BLOCK_HASHES_CELL = 5 * CELL_WORDS
export const ETH_CELL = 6 * CELL_WORDS
export const BLOCK_CELLS = 7

/** A hard error on its way out: its text grows by a frame per call. */
export interface Fault extends HostError {
  /** The calls it came through, outermost first. */
  frames: CalledContract[]
  /** What went wrong in the innermost. */
  cause: string
}

export class Run {
  readonly state = new CachedState()
  readonly tree = new CallTree()
  readonly info = new ExecutionInfoCells()
  readonly classes: ClassTable
  readonly machine: Machine
  block!: BlockRun
  view!: View

  phase = 0
  /** As the fee counts it: 0 before versions with tips. */
  tip = 0n
  /** `__validate__` and its like, and the constructor of a deploy_account. */
  isValidation = false
  /** Index of the running call, -1 outside of calls. */
  current = -1
  depth = 0
  stepsLeft = 0
  /** Gas left when it was last seen in a gas-mode call: what a revert is charged by. */
  seenGas = 0
  /** How the last call ended. */
  returned: CellList = { cells: new BigUint64Array(0), count: 0 }
  gasLeft = 0
  fault: Fault | null = null

  readonly #zero = new Int32Array(CELL_WORDS)

  constructor(machine: Machine, classes: ClassTable) {
    this.machine = machine
    this.classes = classes
    writeCellWords(this.#zero, 0, 0n)
  }

  begin(view: View, block: BlockRun): void {
    this.view = view
    this.block = block
    this.state.begin(view)
    this.tree.begin()
    this.current = -1
    this.depth = 0
    this.fault = null
  }

  /** A phase starts: events and messages count from 0, limits are fresh. */
  beginPhase(phase: number, isValidation: boolean, gas: number, steps: number): void {
    this.phase = phase
    this.isValidation = isValidation
    this.seenGas = gas
    this.stepsLeft = steps
    this.tree.beginPhase()
  }

  /** Opens the record of a call made by the running one. */
  openCall(type: number): number {
    const { tree, current } = this
    const call = tree.open(current, this.phase)
    const at = call * CALL_RECORD_WORDS
    tree.calls[at + ENTRY_TYPE] = type
    if (current >= 0) {
      const parent = current * CALL_RECORD_WORDS
      const isConstructor = tree.calls[parent + ENTRY_TYPE] === CONSTRUCTOR
      tree.calls[at + SHOWN_DEPTH] = tree.calls[parent + SHOWN_DEPTH]! + (isConstructor ? 0 : 1)
    }
    return call
  }

  /** The slot of a storage cell. */
  storageSlot(words: Int32Array, address: number, keyWords: Int32Array, key: number): number {
    return this.state.slot(words, address, STORAGE, keyWords, key)
  }

  /** The slot of a contract's class hash. */
  classSlot(words: Int32Array, address: number): number {
    return this.state.slot(words, address, CLASS_HASH, this.#zero, 0)
  }

  /** The slot of a class's compiled class hash, 0 while it is not declared. */
  declaredSlot(words: Int32Array, classHash: number): number {
    return this.state.slot(words, classHash, COMPILED_CLASS_HASH, this.#zero, 0)
  }

  /** The slot of another kind with no key: a nonce. */
  plainSlot(words: Int32Array, address: number, kind: number): number {
    return this.state.slot(words, address, kind, this.#zero, 0)
  }

  /** Whether a loaded slot holds the felt 0. */
  isZero(slot: number): boolean {
    const at = slot * CELL_WORDS
    const { values } = this.state
    return values[at] === 0 && values[at + 1] === 0 && values[at + 2] === 1 && values[at + 3] === 0
  }
}
