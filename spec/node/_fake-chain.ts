/**
 * A small chain that executes nothing: two closed blocks and an open one, with a transaction of each kind, so that the
 * border can be checked alone. What it was asked is recorded.
 */

import type { Chain, TransactionStage } from '../../src/node/chain.ts'
import { Refusal } from '../../src/node/chain.ts'
import {
  VALIDATE_DECLARE_SELECTOR,
  VALIDATE_DEPLOY_SELECTOR,
  VALIDATE_SELECTOR,
} from '../../src/starknet/addresses.ts'
import type { Block, IncludedTransaction } from '../../src/starknet/block.ts'
import type { BlockContext } from '../../src/starknet/block-context.ts'
import type {
  CallExecution,
  CallTrace,
  StateDiff,
  TransactionExecution,
} from '../../src/starknet/execution.ts'
import type {
  DeclareTransaction,
  DeployAccountTransaction,
  InvokeTransaction,
  SierraClass,
  Transaction,
} from '../../src/starknet/transaction.ts'
import type { StoredClass } from '../../src/storage/chain-store.ts'
import { createMemoryStore } from '../../src/storage/memory-store.ts'

export const ACCOUNT = 0xacc0n
export const CONTRACT = 0xc0ffeen
export const CLASS_HASH = 0xc1a55n
export const SELECTOR = 0x5e1ec7n
const PRICE = { wei: 10n ** 9n, fri: 10n ** 9n }

export const fakeClass: StoredClass = {
  classHash: CLASS_HASH,
  compiledClassHash: 0xca53n,
  sierra: {
    sierraProgram: [1n, 7n, 0n, 5n],
    contractClassVersion: '0.1.0',
    entryPointsByType: {
      external: [
        SELECTOR,
        VALIDATE_SELECTOR,
        VALIDATE_DECLARE_SELECTOR,
        VALIDATE_DEPLOY_SELECTOR,
      ].map((selector, functionIdx) => ({ selector, functionIdx })),
      l1Handler: [],
      constructor: [{ selector: 1n, functionIdx: 1 }],
    },
    abi: '[]',
  },
  casm: {
    prime: '0x800000000000011000000000000000000000000000000000000000000000001',
    compiler_version: '2.14.0',
    bytecode: ['0x01', '0x2'],
    bytecode_segment_lengths: [1, [1]],
    hints: [],
    entry_points_by_type: {
      EXTERNAL: [{ selector: '0x05e1ec7', offset: 0, builtins: ['range_check'] }],
      L1_HANDLER: [],
      CONSTRUCTOR: [],
    },
  },
  declaredAt: 1,
}

const bounds = {
  l1Gas: { maxAmount: 0n, maxPricePerUnit: PRICE.fri },
  l1DataGas: { maxAmount: 1000n, maxPricePerUnit: PRICE.fri },
  l2Gas: { maxAmount: 1_000_000n, maxPricePerUnit: PRICE.fri },
}

const common = {
  version: 3n,
  nonce: 1n,
  signature: [1n, 2n],
  resourceBounds: bounds,
  tip: 0n,
  paymasterData: [],
  nonceDataAvailabilityMode: 'L1' as const,
  feeDataAvailabilityMode: 'L1' as const,
}

const invoke: InvokeTransaction = {
  ...common,
  type: 'INVOKE',
  senderAddress: ACCOUNT,
  calldata: [1n, CONTRACT, SELECTOR, 0n],
  accountDeploymentData: [],
  proofFacts: [],
}

const declare: DeclareTransaction = {
  ...common,
  type: 'DECLARE',
  senderAddress: ACCOUNT,
  classHash: CLASS_HASH,
  compiledClassHash: 0xca53n,
  accountDeploymentData: [],
}

const deployAccount: DeployAccountTransaction = {
  ...common,
  type: 'DEPLOY_ACCOUNT',
  nonce: 0n,
  classHash: CLASS_HASH,
  contractAddressSalt: 7n,
  constructorCalldata: [8n],
}

function stateDiff(): StateDiff {
  return {
    storage: new Map([[CONTRACT, new Map([[5n, 6n]])]]),
    nonces: new Map([[ACCOUNT, 2n]]),
    deployedContracts: new Map([[ACCOUNT, CLASS_HASH]]),
    replacedClasses: new Map([[CONTRACT, CLASS_HASH]]),
    declaredClasses: new Map([[CLASS_HASH, 0xca53n]]),
    migratedCompiledClasses: new Map(),
  }
}

function callTrace(calls: CallTrace[] = []): CallTrace {
  return {
    contractAddress: CONTRACT,
    entryPointSelector: SELECTOR,
    calldata: [1n],
    callerAddress: ACCOUNT,
    classHash: CLASS_HASH,
    entryPointType: 'EXTERNAL',
    callType: 'CALL',
    result: [],
    isReverted: false,
    calls,
    events: [{ order: 0, fromAddress: CONTRACT, keys: [SELECTOR, 3n], data: [4n] }],
    messages: [{ order: 0, fromAddress: CONTRACT, toAddress: 0xe7n, payload: [1n] }],
    initialGas: 100_000n,
    gasConsumed: 50_000n,
    trackedResource: 'SierraGas',
    steps: 0,
    memoryHoles: 0,
    vmBuiltins: {},
    builtins: {},
    syscalls: {},
    accessedStorageKeys: [5n],
  }
}

const REVERT_REASON = `Transaction execution has failed:
0: Error in the called contract (contract address: 0x000acc0, class hash: 0x00c1a55, selector: 0x015d4):
Execution failed. Failure reason:
0x1 ('no').
`

function fakeExecution(outcome: TransactionExecution['outcome']): TransactionExecution {
  const succeeded = outcome === 'SUCCEEDED'
  const event = { order: 0, fromAddress: CONTRACT, keys: [SELECTOR, 3n], data: [4n] }
  return {
    outcome,
    reason: succeeded ? null : REVERT_REASON,
    rejection: outcome === 'REJECTED' ? 'validation' : null,
    actualFee: 123_456n,
    gas: { l1Gas: 0n, l1DataGas: 128n, l2Gas: 777_000n },
    daGas: { l1Gas: 0n, l1DataGas: 128n, l2Gas: 0n },
    resources: {
      steps: 0,
      memoryHoles: 0,
      builtins: {},
      sierraGas: 700_000n,
      revertedSteps: 0,
      revertedSierraGas: 0n,
    },
    events: succeeded ? [event, { ...event, order: 1, keys: [9n] }] : [event],
    messages: [{ order: 0, fromAddress: CONTRACT, toAddress: 0xe7n, payload: [1n] }],
    trace: {
      validate: callTrace(),
      execute: succeeded ? callTrace([callTrace()]) : null,
      feeTransfer: callTrace(),
    },
    stateDiff: stateDiff(),
  }
}

function included(
  hash: bigint,
  transaction: Transaction,
  outcome: TransactionExecution['outcome'] = 'SUCCEEDED',
): IncludedTransaction {
  const contractAddress = transaction.type === 'DEPLOY_ACCOUNT' ? ACCOUNT : null
  return { hash, transaction, contractAddress, execution: () => fakeExecution(outcome) }
}

function context(number: number): BlockContext {
  return {
    number,
    timestamp: 1_700_000_000 + number,
    sequencerAddress: 0x1000n,
    chainId: 0x534e5f5345504f4c4941n,
    starknetVersion: '0.14.2',
    l1GasPrice: PRICE,
    l1DataGasPrice: PRICE,
    l2GasPrice: PRICE,
    useKzgDa: true,
    strkAddress: 0x57n,
    ethAddress: 0xe7n,
  }
}

function block(number: number, transactions: IncludedTransaction[]): Block {
  return {
    header: {
      ...context(number),
      blockHash: 0xb10c0n + BigInt(number),
      parentHash: number === 0 ? 0n : 0xb10c0n + BigInt(number - 1),
      newRoot: 0x4007n + BigInt(number),
      transactionCommitment: 1n,
      eventCommitment: 2n,
      receiptCommitment: 3n,
      stateDiffCommitment: 4n,
      transactionCount: transactions.length,
      eventCount: 2 * transactions.length,
      stateDiffLength: 5,
    },
    transactions,
    stateDiff: stateDiff(),
  }
}

/** Blocks 0 and 1, and what is in block 2 so far. */
const blocks = [
  block(0, []),
  block(1, [
    included(0x101n, invoke),
    included(0x102n, invoke, 'REVERTED'),
    included(0x103n, declare),
    included(0x104n, deployAccount),
  ]),
]
const open = [included(0x201n, invoke)]

/** A transaction that waits, and one that is in the open block but not executed. */
export const RECEIVED_HASH = 0x301n
export const CANDIDATE_HASH = 0x302n
/** One that was left out of a block. */
const REJECTED_HASH = 0x303n

const store = createMemoryStore()
store.append(blocks[0]!, [])
store.append(blocks[1]!, [fakeClass])

export interface FakeChain extends Chain {
  submitted: { transaction: Transaction; contractClass: SierraClass | null }[]
  minted: { address: bigint; amount: bigint; unit: 'FRI' | 'WEI' }[]
  /** What the next call gives. */
  nextCall: CallExecution
  nextOutcome: TransactionExecution['outcome']
}

export function fakeChain(): FakeChain {
  const chain: FakeChain = {
    submitted: [],
    minted: [],
    nextCall: { succeeded: true, result: [1n, 2n], error: null },
    nextOutcome: 'SUCCEEDED',
    store,
    chainId: context(0).chainId,
    preConfirmed: () => ({ context: context(2), state: store.stateAt(1) }),
    pending: () => [{ context: context(2), transactions: open, diff: stateDiff() }],
    rejectionOf: (hash) => (hash === REJECTED_HASH ? 'Account balance is too low' : null),
    stateOf: (id) => store.stateAt(id === 'pre_confirmed' ? 1 : id),
    classByHash: (classHash) => store.classByHash(classHash),
    notReady: () => null,
    submit: async (transaction, contractClass) => {
      if (transaction.nonce === 99n) throw new Refusal(52, 'Invalid transaction nonce', 'too high')
      chain.submitted.push({ transaction, contractClass })
      return 0x999n
    },
    stageOf: (hash): TransactionStage | null => {
      if (hash === RECEIVED_HASH) return { stage: 'received', transaction: invoke }
      if (hash === CANDIDATE_HASH) return { stage: 'candidate', transaction: invoke }
      const index = open.findIndex((each) => each.hash === hash)
      const executed = open[index]
      if (executed !== undefined) {
        return { stage: 'preConfirmed', included: executed, index, blockNumber: 2 }
      }
      const found = store.findTransaction(hash)
      if (found === null) return null
      const { transactions } = found.block
      return { stage: 'accepted', ...found, included: transactions[found.index]! }
    },
    createBlock: async () => blocks[1]!.header.blockHash,
    abortBlocks: async () => [blocks[1]!.header.blockHash],
    call: async () => chain.nextCall,
    simulate: async (transactions, at) => ({
      executions: transactions.map(() => fakeExecution(chain.nextOutcome)),
      before: { context: context(2), state: chain.stateOf(at) },
    }),
    estimate: async (transactions, at) => ({
      estimates: transactions.map(() => ({
        execution: fakeExecution(chain.nextOutcome),
        gas: { l1Gas: 0n, l1DataGas: 128n, l2Gas: 800_000n },
      })),
      before: { context: context(2), state: chain.stateOf(at) },
    }),
    addCompiledClass: async () => ({ blake: 1n, poseidon: 2n }),
    mint: async (address, amount, unit) => {
      chain.minted.push({ address, amount, unit })
      return 0x101n
    },
  }
  return chain
}
