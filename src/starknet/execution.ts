/**
 * Seam: what the execution of one transaction gives, decoded for receipts, traces, diffs and hashes. The executors write it
 * as words (`encode` on the hot path); everything else reads these types. Felts are bigint.
 */

export interface GasVector {
  l1Gas: bigint
  l1DataGas: bigint
  l2Gas: bigint
}

export interface OrderedEvent {
  order: number
  fromAddress: bigint
  keys: bigint[]
  data: bigint[]
}

export interface OrderedMessage {
  order: number
  fromAddress: bigint
  toAddress: bigint
  payload: bigint[]
}

/** One call of a trace, with the names of the JSON-RPC trace. */
export interface CallTrace {
  contractAddress: bigint
  entryPointSelector: bigint
  calldata: bigint[]
  callerAddress: bigint
  classHash: bigint
  entryPointType: 'EXTERNAL' | 'L1_HANDLER' | 'CONSTRUCTOR'
  callType: 'CALL' | 'LIBRARY_CALL' | 'DELEGATE'
  result: bigint[]
  /** The call panicked or was refused; `result` has the reason. */
  isReverted: boolean
  calls: CallTrace[]
  events: OrderedEvent[]
  messages: OrderedMessage[]
  initialGas: bigint
  gasConsumed: bigint
  trackedResource: 'SierraGas' | 'CairoSteps'
  /** Of step-mode calls, inner calls included. */
  steps: number
  memoryHoles: number
  vmBuiltins: Record<string, number>
  /** Without inner calls, in either mode. */
  builtins: Record<string, number>
  syscalls: Record<string, number>
  /** What this call touched itself: ascending, without repetition. */
  accessedStorageKeys: bigint[]
}

export interface TransactionTrace {
  validate: CallTrace | null
  /** Null when the transaction reverted; constructor of a deploy_account. */
  execute: CallTrace | null
  feeTransfer: CallTrace | null
}

/** Changes of one transaction or one block; ordered ascending by every key. */
export interface StateDiff {
  storage: Map<bigint, Map<bigint, bigint>>
  nonces: Map<bigint, bigint>
  deployedContracts: Map<bigint, bigint>
  replacedClasses: Map<bigint, bigint>
  declaredClasses: Map<bigint, bigint>
  migratedCompiledClasses: Map<bigint, bigint>
}

export interface ExecutionResources {
  /** Charged VM resources of step-mode calls, without the fee transfer. */
  steps: number
  memoryHoles: number
  builtins: Record<string, number>
  sierraGas: bigint
  revertedSteps: number
  revertedSierraGas: bigint
}

export interface TransactionExecution {
  outcome: 'SUCCEEDED' | 'REVERTED' | 'REJECTED'
  /** Text of the receipt for REVERTED, why for REJECTED, else null. */
  reason: string | null
  /** For REJECTED: which rule, so that the border can choose its error code. */
  rejection: RejectionKind | null
  actualFee: bigint
  gas: GasVector
  daGas: GasVector
  resources: ExecutionResources
  /** In the order of the receipt. */
  events: OrderedEvent[]
  messages: OrderedMessage[]
  trace: TransactionTrace
  stateDiff: StateDiff
}

export type RejectionKind =
  | 'version'
  | 'nonce'
  | 'bounds'
  | 'balance'
  | 'validation'
  | 'classHash'
  | 'alreadyDeclared'
  | 'execution'
  | 'fee'

/** What `starknet_call` gives. */
export interface CallExecution {
  succeeded: boolean
  result: bigint[]
  /** Structured error along the calls, innermost last. */
  error: CallError | null
}

export type CallError =
  | string
  | { contractAddress: bigint; classHash: bigint; selector: bigint; error: CallError }
