/** Signed transactions of predeployed accounts, made without a client library. */
import { selector } from '../../src/felt/hash.ts'
import type { PredeployedAccount } from '../../src/node/accounts.ts'
import { STRK_ADDRESS } from '../../src/node/genesis.ts'
import { signHash } from '../../src/node/signer.ts'
import type { InvokeTransaction } from '../../src/starknet/transaction.ts'
import { transactionHash } from '../../src/starknet/transaction-hash.ts'

/** A transfer of STRK by a predeployed account, signed. */
export function signedTransfer(
  account: PredeployedAccount,
  nonce: bigint,
  to: bigint,
  amount: bigint,
  chainId: bigint,
): InvokeTransaction {
  const bound = (maxAmount: bigint) => ({ maxAmount, maxPricePerUnit: 2n * 10n ** 9n })
  const transaction: InvokeTransaction = {
    type: 'INVOKE',
    version: 3n,
    senderAddress: account.address,
    calldata: [1n, STRK_ADDRESS, selector('transfer'), 3n, to, amount, 0n],
    nonce,
    tip: 0n,
    signature: [],
    resourceBounds: {
      l1Gas: bound(1000n),
      l2Gas: bound(5_000_000n),
      l1DataGas: bound(1000n),
    },
    paymasterData: [],
    accountDeploymentData: [],
    proofFacts: [],
    nonceDataAvailabilityMode: 'L1',
    feeDataAvailabilityMode: 'L1',
  }
  const hash = transactionHash(transaction, chainId)
  return { ...transaction, signature: signHash(hash, account.privateKey) }
}
