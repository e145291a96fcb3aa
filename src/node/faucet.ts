/**
 * The faucet of development chains: a mint is an ordinary invoke of the token's `permissioned_mint` by the minter, whose
 * private key is public.
 */
import { selector } from '../felt/hash.ts'
import type { BlockContext } from '../starknet/block-context.ts'
import type { InvokeTransaction, ResourceBound } from '../starknet/transaction.ts'
import { transactionHash } from '../starknet/transaction-hash.ts'
import type { StateReader } from '../storage/chain-store.ts'
import { MINTER_ADDRESS, MINTER_PRIVATE_KEY } from './genesis.ts'

const U128_MASK = (1n << 128n) - 1n

/** Makes a signature, r and s, of a hash. */
export type Sign = (hash: bigint, privateKey: bigint) => [bigint, bigint]

/** The transaction that credits `amount` of STRK (FRI) or ETH (WEI) to an address, signed by `sign`. */
export function mintTransaction(
  context: BlockContext,
  state: StateReader,
  address: bigint,
  amount: bigint,
  unit: 'FRI' | 'WEI',
  sign: Sign,
): InvokeTransaction {
  const token = unit === 'FRI' ? context.strkAddress : context.ethAddress
  const call = [address, amount & U128_MASK, amount >> 128n]
  const bound = (maxAmount: bigint, { fri }: { fri: bigint }): ResourceBound => ({
    maxAmount,
    maxPricePerUnit: 2n * fri,
  })
  const transaction: InvokeTransaction = {
    type: 'INVOKE',
    version: 3n,
    senderAddress: MINTER_ADDRESS,
    calldata: [1n, token, selector('permissioned_mint'), BigInt(call.length), ...call],
    nonce: state.nonceAt(MINTER_ADDRESS),
    tip: 0n,
    signature: [],
    resourceBounds: {
      l1Gas: bound(10_000n, context.l1GasPrice),
      l1DataGas: bound(10_000n, context.l1DataGasPrice),
      l2Gas: bound(20_000_000n, context.l2GasPrice),
    },
    paymasterData: [],
    accountDeploymentData: [],
    proofFacts: [],
    nonceDataAvailabilityMode: 'L1',
    feeDataAvailabilityMode: 'L1',
  }
  const hash = transactionHash(transaction, context.chainId)
  return { ...transaction, signature: sign(hash, MINTER_PRIVATE_KEY) }
}
