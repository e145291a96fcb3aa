/**
 * Seam: the border between the Cairo VM (`src/vm`) and the protocol (`src/starknet`).
 *
 *     starknet ── run(call) ──▶ Machine ── syscalls ──▶ Host (starknet) ── run(inner call) ──▶ Machine …
 *
 * The machine owns cells, programs, steps, gas arithmetic and the frame of a syscall (selector, gas, request, response).
 * The host owns state, contracts, call trees, events: it answers what a syscall means. Cells cross the border by address:
 * byte offsets, multiples of 32, into `memory` of the machine that calls. Never a bigint on the hot path. The fast
 * machine and the `bigint` reference machine implement the same `Machine` and call the same `Host`.
 */

/** Three views of one buffer; an address `a` is `bytes[a]`, `words[a >> 2]`, `cells[a >> 3]`. */
export interface CellMemory {
  readonly bytes: Uint8Array
  readonly words: Int32Array
  readonly cells: BigUint64Array
}

/** Status of a host call. */
export const OK = 0
/** A failure response: the contract sees `host.reason`. */
export const REVERT = 1
/** A hard error: nothing catches it, `host.error` says what. */
export const ERROR = 2
/** The executor wants this run to end at once without a result (BLOCKED or stopped): unwind every frame. */
export const HALT = 3

/** Syscalls in the order of all tables and counters. Names are the ASCII selectors. */
export const syscallNames = [
  'CallContract',
  'LibraryCall',
  'Deploy',
  'MetaTxV0',
  'EmitEvent',
  'SendMessageToL1',
  'StorageRead',
  'StorageWrite',
  'GetExecutionInfo',
  'GetBlockHash',
  'GetClassHashAt',
  'ReplaceClass',
  'Keccak',
  'KeccakRound',
  'Sha256ProcessBlock',
  'Sha512ProcessBlock',
  'Secp256k1New',
  'Secp256k1Add',
  'Secp256k1Mul',
  'Secp256k1GetPointFromX',
  'Secp256k1GetXy',
  'Secp256r1New',
  'Secp256r1Add',
  'Secp256r1Mul',
  'Secp256r1GetPointFromX',
  'Secp256r1GetXy',
] as const
export type SyscallName = (typeof syscallNames)[number]

/** Builtins in protocol order: the order of all counters. Entry points use a subsequence (keccak, ecdsa, output never). */
export const builtinNames = [
  'pedersen',
  'range_check',
  'bitwise',
  'ec_op',
  'poseidon',
  'segment_arena',
  'range_check96',
  'add_mod',
  'mul_mod',
] as const
export type BuiltinName = (typeof builtinNames)[number]

/** Prices and limits of the block's protocol version, in L2 gas. */
export interface MachineConstants {
  /** By index of `syscallNames`: total cost (base included), and what each item of a list adds. */
  syscallCosts: Float64Array
  syscallCostsPerItem: Float64Array
  /** The price segment: pedersen, bitwise, ec_op, poseidon, add_mod, mul_mod, blake. */
  builtinPrices: Float64Array
  /** 10 000: taken at entry, and the part of a syscall's cost that compiled code has paid already. */
  entryPointBudget: number
  syscallBase: number
}

export interface Host {
  /** Felts of the failure response after REVERT, one cell each; also the callee's return data, see `call`. */
  readonly reason: CellList
  /** What went wrong after ERROR. */
  readonly error: HostError | null
  /** Cells that `call`, `libraryCall`, `deploy` and `metaTransaction` brought back (OK: return data). */
  readonly returned: CellList
  /** Gas that the callee left to its caller, after `call`, `libraryCall`, `deploy`, `metaTransaction`, REVERT too. */
  readonly gasLeft: number

  storageRead(memory: CellMemory, key: number, out: number): number
  storageWrite(memory: CellMemory, key: number, value: number): number
  getClassHashAt(memory: CellMemory, address: number, out: number): number
  getBlockHash(memory: CellMemory, blockNumber: number, out: number): number
  replaceClass(memory: CellMemory, classHash: number): number
  emitEvent(
    memory: CellMemory,
    keys: number,
    keyCount: number,
    data: number,
    dataCount: number,
  ): number
  sendMessageToL1(memory: CellMemory, to: number, payload: number, count: number): number
  /** `gas` is what the caller has left after the syscall's cost; calldata is `count` cells at `calldata`. */
  callContract(
    memory: CellMemory,
    address: number,
    selector: number,
    calldata: number,
    count: number,
    gas: number,
  ): number
  libraryCall(
    memory: CellMemory,
    classHash: number,
    selector: number,
    calldata: number,
    count: number,
    gas: number,
  ): number
  /** Writes the new address to `out`; a failing constructor is ERROR. */
  deploy(
    memory: CellMemory,
    classHash: number,
    salt: number,
    calldata: number,
    count: number,
    fromZero: boolean,
    out: number,
    gas: number,
  ): number
  metaTransaction(
    memory: CellMemory,
    address: number,
    selector: number,
    calldata: number,
    count: number,
    signature: number,
    signatureCount: number,
    gas: number,
  ): number
  /** The five structures of get_execution_info for the running call; the machine lays out the segments. */
  executionInfo(): ExecutionInfo
  /** Called once per syscall of a call in gas mode, after its cost was taken, with the gas left: the revert tracker. */
  gasSeen(gas: number): void
  /** Polled every few thousand steps: true ends the run as HALTED. */
  stopped(): boolean
}

/** `count` cells packed in `cells` (4 words of 64 bits each), tagged and canonical. Valid until the next host call. */
export interface CellList {
  cells: BigUint64Array
  count: number
}

/** Cells of get_execution_info: lists are (start, end) pairs whose segments the machine makes, in this order. */
export interface ExecutionInfo {
  /** number, timestamp, sequencer. */
  block: CellList
  /** version, account, max_fee | transaction_hash, chain_id, nonce | tip, nonce DA mode, fee DA mode. 9 cells. */
  transaction: CellList
  signature: CellList
  /** Three cells per bound. Empty: before version 3, so the four lists get no segments and their cells are 0. */
  resourceBounds: CellList
  paymasterData: CellList
  accountDeploymentData: CellList
  proofFacts: CellList
  /** caller, contract, selector. */
  call: CellList
}

/** A hard error that the host raised; `frames` are the texts of the failed callee (see starknet-rules §15). */
export interface HostError {
  text: string
}

/** One call of an entry point. */
export interface Call {
  program: Program
  entryPoint: EntryPoint
  /** Where calldata lies: any buffer of tagged cells, `start` in cells of 32 bytes. */
  calldata: BigUint64Array
  calldataStart: number
  calldataCount: number
  /** Gas given, before the entry point's budget is taken. At least the budget, else `run` refuses. */
  gas: number
  /** 'gas' = SierraGas accounting, 'steps' = CairoSteps: counts steps and holes, limited by `stepLimit`. */
  accounting: 'gas' | 'steps'
  /** Steps that this call and all step-mode calls below it may make together; ignored below a step-mode call. */
  stepLimit: number
}

/** How a call ended. */
export const RETURNED = 0
/** Panic flag 1, or refused before it started (out of gas): `returned` holds the reason felts. */
export const FAILED = 1
/** A VM error or a host ERROR: nothing catches it. */
export const FAULTED = 2
/** The host said HALT, or `stopped()`. */
export const HALTED = 3

/** Arrays belong to the machine: they are valid until it runs the next call at this depth. */
export interface CallResult {
  outcome: number
  /** Gas left (of `call.gas`). */
  gasLeft: number
  returned: CellList
  error: VmError | null
  steps: number
  memoryHoles: number
  /** Instances used by this call alone, by index of `builtinNames`. */
  builtins: Float64Array
  /** Blake2s instructions of this call alone. */
  blakes: number
  /** Syscalls made by this call alone, by index of `syscallNames`; Keccak counts 1 per call, KeccakRound its rounds. */
  syscalls: Float64Array
  /** For the linear parts (deploy and meta calldata, message payload): items summed, by index of `syscallNames`. */
  syscallItems: Float64Array
}

/** A VM error. Its text is consensus data. */
export interface VmError {
  /** Ends in the line feed that Rust puts there, where it does. */
  text: string
  /**
   * Program counter and those of the callers, oldest first, each as `segment:offset`; `framed` false: no VM frame (end
   * of run).
   */
  pc: string
  traceback: string[]
  framed: boolean
  /** The host's error when the failing instruction was a syscall that ended in ERROR. */
  host: HostError | null
}

export interface EntryPoint {
  /** Tagged cell of the selector (4 words of 64 bits). */
  selector: bigint
  offset: number
  builtins: BuiltinName[]
}

/** A class made ready to run: an immutable image in shared memory, keyed by its class hash. */
export interface Program {
  readonly key: string
  readonly image: ProgramImage
  readonly entryPoints: {
    external: Map<bigint, EntryPoint>
    l1Handler: Map<bigint, EntryPoint>
    constructor: EntryPoint | null
  }
  readonly bytecodeLength: number
}

/** What crosses threads: plain data and one SharedArrayBuffer, structured-cloneable. Made by `buildProgramImage(casm)`. */
export interface ProgramImage {
  readonly buffer: SharedArrayBuffer
  readonly entryPoints: {
    external: EntryPoint[]
    l1Handler: EntryPoint[]
    constructor: EntryPoint | null
  }
}

export interface Machine {
  /** Starts a transaction: constants of the version, the host, and the seed of unpredictable points. */
  begin(constants: MachineConstants, host: Host, seed: bigint): void
  /** Runs a call to its end. Reentrant: the host calls it for inner calls while an outer run is open. */
  run(call: Call): CallResult
}
