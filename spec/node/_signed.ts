/** Signed transactions of predeployed accounts, made without a client library. */
import { selector } from '../../src/felt/hash.ts'
import type { PredeployedAccount } from '../../src/node/accounts.ts'
import { STRK_ADDRESS } from '../../src/node/genesis.ts'
import { signHash } from '../../src/node/signer.ts'
import type {
  DeclareTransaction,
  InvokeTransaction,
  Transaction,
} from '../../src/starknet/transaction.ts'
import { transactionHash } from '../../src/starknet/transaction-hash.ts'

/** A transfer of STRK by a predeployed account, signed. */
export function signedTransfer(
  account: PredeployedAccount,
  nonce: bigint,
  to: bigint,
  amount: bigint,
  chainId: bigint,
): InvokeTransaction {
  const call = [STRK_ADDRESS, selector('transfer'), 3n, to, amount, 0n]
  return signedInvoke(account, nonce, [1n, ...call], chainId)
}

/** Any calls by a predeployed account, signed. */
export function signedInvoke(
  account: PredeployedAccount,
  nonce: bigint,
  calldata: bigint[],
  chainId: bigint,
): InvokeTransaction {
  const transaction: InvokeTransaction = {
    ...common(account, nonce, 50_000_000n),
    type: 'INVOKE',
    calldata,
    proofFacts: [],
  }
  return signed(transaction, account, chainId)
}

/** A declare by a predeployed account, signed. */
export function signedDeclare(
  account: PredeployedAccount,
  nonce: bigint,
  classHash: bigint,
  compiledClassHash: bigint,
  chainId: bigint,
): DeclareTransaction {
  const transaction: DeclareTransaction = {
    ...common(account, nonce, 400_000_000n),
    type: 'DECLARE',
    classHash,
    compiledClassHash,
  }
  return signed(transaction, account, chainId)
}

function common(account: PredeployedAccount, nonce: bigint, l2Gas: bigint) {
  const bound = (maxAmount: bigint) => ({ maxAmount, maxPricePerUnit: 2n * 10n ** 9n })
  return {
    version: 3n,
    senderAddress: account.address,
    nonce,
    tip: 0n,
    signature: [],
    resourceBounds: { l1Gas: bound(1000n), l2Gas: bound(l2Gas), l1DataGas: bound(1000n) },
    paymasterData: [],
    accountDeploymentData: [],
    nonceDataAvailabilityMode: 'L1' as const,
    feeDataAvailabilityMode: 'L1' as const,
  }
}

function signed<T extends Transaction>(
  transaction: T,
  { privateKey }: PredeployedAccount,
  chainId: bigint,
): T {
  return { ...transaction, signature: signHash(transactionHash(transaction, chainId), privateKey) }
}
