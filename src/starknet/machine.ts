/**
 * The Starknet virtual machine: what the engine calls to run one transaction of a block.
 *
 *     engine ── execute(txIndex, view) ──▶ flow ── calls ──▶ Cairo machine ── syscalls ──▶ host ──▶ view
 *
 * It is a pure function of the encoded transaction, the encoded block context and what the view returned. Programs are
 * published before a block starts and keyed by class hash; whether a class is declared is a location.
 */
import { randomBytes } from 'node:crypto'
import type { View, VirtualMachine } from '../executor/machine.ts'
import { CELL_WORDS, writeCellWords } from '../felt/cell.ts'
import type { Crypto } from '../felt/crypto.ts'
import { P } from '../felt/felt.ts'
import { useCrypto } from '../felt/hash.ts'
import type { Machine, Program, ProgramImage } from '../vm/host.ts'
import { createMachine, type FastMachine } from '../vm/machine.ts'
import { attachProgram, buildProgramImage } from '../vm/program.ts'
import type { CompiledModule, TierOptions } from '../vm/tier/tier.ts'
import { BLOCK_HASH_CONTRACT } from './addresses.ts'
import { ClassTable } from './class-table.ts'
import { BLOCK_CONTEXT_WORDS, decodeBlockContext } from './encoded-block-context.ts'
import { CALL, FIELD_HASH, L1_HANDLER } from './encoded-transaction.ts'
import { pricesOf } from './fee.ts'
import { writeBalanceKeys } from './fee-transfer.ts'
import { Flow } from './flow.ts'
import { HashesAhead } from './hashes-ahead.ts'
import { StarknetHost } from './host.ts'
import { finishOutcome } from './outcome.ts'
import {
  BLOCK_CELLS,
  BLOCK_HASHES_CELL,
  type BlockRun,
  ETH_CELL,
  Run,
  SEQUENCER_CELL,
  SEQUENCER_LOW_KEY,
  STRK_CELL,
  ZERO_CELL,
} from './run.ts'
import { SingleCall } from './single-call.ts'
import { TransactionInput } from './transaction-input.ts'
import { machineConstants, versionedConstants } from './versioned-constants.ts'

/** Published to every executor before the first block that may use the class. */
export interface ClassMessage {
  kind: 'class'
  classHash: bigint
  sierraVersion: readonly [number, number, number]
  /** A program image, best made once by the publisher, or a parsed CASM. */
  program: unknown
}

export interface StarknetMachineOptions {
  /** This thread's kernels. */
  crypto: Crypto
  /** The fast machine by default, with `tier` when that is given. */
  cairo?: Machine
  /** How hot programs are compiled; without it they are interpreted. */
  tier?: TierOptions
  /** Makes a published program ready for `cairo`; `key` is the class hash as text. */
  loadProgram?(key: string, program: unknown): Program
  /**
   * What contracts must not know, for random curve points follow from it and the transaction's hash. Threads that share
   * it make the same points, so that a transaction that runs again asks for the same multiplications. Default: random.
   */
  secret?: bigint
}

/** A secret for all threads of one process. */
export function newSecret(): bigint {
  return BigInt(`0x${randomBytes(31).toString('hex')}`)
}

export function createStarknetMachine(options: StarknetMachineOptions): VirtualMachine {
  useCrypto(options.crypto)
  return new StarknetMachine(options)
}

class StarknetMachine implements VirtualMachine {
  readonly #cairo: Machine
  readonly #fast: FastMachine | null
  readonly #secret: bigint
  #acceptedCount = 0
  readonly #loadProgram: (key: string, program: unknown) => Program
  readonly #classes = new ClassTable()
  readonly #run: Run
  readonly #input = new TransactionInput()
  readonly #host: StarknetHost
  readonly #flow: Flow
  readonly #single: SingleCall
  readonly #ahead: HashesAhead
  /** Words of the block that `#block` was decoded from. */
  readonly #context = new Int32Array(BLOCK_CONTEXT_WORDS)
  #block: BlockRun | null = null

  constructor(options: StarknetMachineOptions) {
    this.#fast = options.cairo === undefined ? createMachine(options.crypto, options.tier) : null
    this.#cairo = options.cairo ?? this.#fast!
    this.#secret = options.secret ?? newSecret()
    this.#loadProgram = options.loadProgram ?? loadImage
    this.#run = new Run(this.#cairo, this.#classes)
    this.#host = new StarknetHost(this.#run)
    this.#flow = new Flow(this.#run, this.#input)
    this.#single = new SingleCall(this.#run, this.#input)
    this.#ahead = new HashesAhead(options.crypto)
  }

  prepare(words: Int32Array, transactions: Int32Array, count: number): void {
    this.#ahead.compute(words, transactions, count)
  }

  execute(_txIndex: number, view: View): number {
    const block = this.#blockOf(view)
    const run = this.#run
    const input = this.#input
    input.read(view)
    run.begin(view, block)
    run.info.begin(input.words, input.longs)
    const seed = (input.felt(FIELD_HASH) + this.#secret) % P
    this.#cairo.begin(block.machineConstants, this.#host, seed)
    const isSingle = input.kind === CALL || input.kind === L1_HANDLER
    if (isSingle) return this.#single.execute()
    const outcome = this.#flow.execute()
    this.#ahead.learn(input)
    return outcome
  }

  finish(words: Int32Array, result: number, delta: number): void {
    finishOutcome(words, result, delta)
  }

  accept(message: unknown): void {
    if (isCompiledModule(message)) this.#fast?.accept(message)
    if (!isClassMessage(message)) return
    const { classHash, sierraVersion, program } = message
    // A class that is brought again may have another program: no two have the same key.
    const key = `0x${classHash.toString(16)}/${this.#acceptedCount++}`
    this.#classes.add(classHash, this.#loadProgram(key, program), sierraVersion)
  }

  /** The block of the view, decoded again only when its words differ from the last one's. */
  #blockOf(view: View): BlockRun {
    const { words, constants } = view
    if (this.#block !== null) {
      let i = 0
      while (i < BLOCK_CONTEXT_WORDS && this.#context[i] === words[constants + i]) i++
      if (i === BLOCK_CONTEXT_WORDS) return this.#block
    }
    for (let i = 0; i < BLOCK_CONTEXT_WORDS; i++) this.#context[i] = words[constants + i]!
    const block = blockRun(words, constants)
    const { blockNumberRounding, timestampRounding } = block.constants
    this.#run.info.beginBlock(block.context, blockNumberRounding, timestampRounding)
    this.#block = block
    return block
  }
}

function blockRun(words: Int32Array, offset: number): BlockRun {
  const { context, flags } = decodeBlockContext(words, offset)
  const cells = new Int32Array(BLOCK_CELLS * CELL_WORDS)
  writeCellWords(cells, ZERO_CELL, 0n)
  writeCellWords(cells, STRK_CELL, context.strkAddress)
  writeCellWords(cells, ETH_CELL, context.ethAddress)
  writeCellWords(cells, SEQUENCER_CELL, context.sequencerAddress)
  writeBalanceKeys(cells, SEQUENCER_LOW_KEY, cells, SEQUENCER_CELL)
  writeCellWords(cells, BLOCK_HASHES_CELL, BLOCK_HASH_CONTRACT)
  return {
    context,
    flags,
    constants: versionedConstants(context.starknetVersion),
    machineConstants: machineConstants(context.starknetVersion),
    prices: pricesOf(context, 'fri'),
    weiPrices: pricesOf(context, 'wei'),
    leastGas: new Map(),
    cells,
  }
}

function loadImage(key: string, program: unknown): Program {
  return attachProgram(key, isImage(program) ? program : buildProgramImage(program))
}

function isImage(program: unknown): program is ProgramImage {
  if (typeof program !== 'object' || program === null || !('buffer' in program)) return false
  return program.buffer instanceof SharedArrayBuffer
}

function isCompiledModule(message: unknown): message is CompiledModule {
  return kindOf(message) === 'compiled'
}

function isClassMessage(message: unknown): message is ClassMessage {
  return kindOf(message) === 'class'
}

function kindOf(message: unknown): unknown {
  return typeof message === 'object' && message !== null && 'kind' in message ? message.kind : null
}
