/**
 * Seam: transactions of version 3 as the edges see them (RPC, store, bundles). Felts are bigint here; the executors
 * see the encoded form. Field names follow the JSON-RPC specification in camelCase.
 */

/** Added to a version to mark a transaction that is only simulated. */
export const QUERY_VERSION = 1n << 128n

export interface ResourceBound {
  maxAmount: bigint
  maxPricePerUnit: bigint
}

/** `l1DataGas` null: the form of before 0.13.4, L1 gas only. */
export interface ResourceBounds {
  l1Gas: ResourceBound
  l2Gas: ResourceBound
  l1DataGas: ResourceBound | null
}

interface AccountTransaction {
  /** 3n, or 3n + QUERY_VERSION. */
  version: bigint
  nonce: bigint
  signature: bigint[]
  resourceBounds: ResourceBounds
  tip: bigint
  paymasterData: bigint[]
  nonceDataAvailabilityMode: 'L1' | 'L2'
  feeDataAvailabilityMode: 'L1' | 'L2'
}

export interface InvokeTransaction extends AccountTransaction {
  type: 'INVOKE'
  senderAddress: bigint
  calldata: bigint[]
  accountDeploymentData: bigint[]
  proofFacts: bigint[]
}

export interface DeclareTransaction extends AccountTransaction {
  type: 'DECLARE'
  senderAddress: bigint
  classHash: bigint
  compiledClassHash: bigint
  accountDeploymentData: bigint[]
}

export interface DeployAccountTransaction extends AccountTransaction {
  type: 'DEPLOY_ACCOUNT'
  classHash: bigint
  contractAddressSalt: bigint
  constructorCalldata: bigint[]
}

export type Transaction = InvokeTransaction | DeclareTransaction | DeployAccountTransaction

/** A Sierra class as declared; `abi` is the text that is hashed. */
export interface SierraClass {
  sierraProgram: bigint[]
  contractClassVersion: string
  entryPointsByType: {
    external: SierraEntryPoint[]
    l1Handler: SierraEntryPoint[]
    constructor: SierraEntryPoint[]
  }
  abi: string
}

export interface SierraEntryPoint {
  selector: bigint
  functionIdx: number
}
