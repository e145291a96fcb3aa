/**
 * Every error the node may answer, one table: code, and the message that clients compare letter by letter.
 *
 * Invariant: messages are those of the public API files; a refusal takes its message from here and brings only `data`.
 */
import { Refusal } from './chain.ts'

export const PARSE_ERROR = -32700
export const INVALID_REQUEST = -32600
export const METHOD_NOT_FOUND = -32601
const INVALID_PARAMS = -32602
export const INTERNAL_ERROR = -32603
/** Any error of development methods that has no code of its own. */
export const DEVNET_ERROR = -1

export const NO_TRACE_AVAILABLE = 10
export const CONTRACT_NOT_FOUND = 20
export const ENTRYPOINT_NOT_FOUND = 21
export const BLOCK_NOT_FOUND = 24
export const INVALID_TXN_INDEX = 27
export const CLASS_HASH_NOT_FOUND = 28
export const TXN_HASH_NOT_FOUND = 29
export const PAGE_SIZE_TOO_BIG = 31
export const NO_BLOCKS = 32
export const INVALID_CONTINUATION_TOKEN = 33
export const TOO_MANY_KEYS_IN_FILTER = 34
export const CONTRACT_ERROR = 40
export const TRANSACTION_EXECUTION_ERROR = 41
export const STORAGE_PROOF_NOT_SUPPORTED = 42
export const CLASS_TOO_LARGE = 57
export const NON_ACCOUNT = 58
export const UNSUPPORTED_TX_VERSION = 61

/** Message by code. */
export const messages: ReadonlyMap<number, string> = new Map([
  [PARSE_ERROR, 'Parse error'],
  [INVALID_REQUEST, 'Invalid Request'],
  [METHOD_NOT_FOUND, 'Method not found'],
  [INVALID_PARAMS, 'Invalid params'],
  [INTERNAL_ERROR, 'Internal error'],
  [DEVNET_ERROR, 'An error occurred'],
  [NO_TRACE_AVAILABLE, 'No trace available for transaction'],
  [CONTRACT_NOT_FOUND, 'Contract not found'],
  [ENTRYPOINT_NOT_FOUND, 'Requested entry point does not exist in the contract'],
  [BLOCK_NOT_FOUND, 'Block not found'],
  [INVALID_TXN_INDEX, 'Invalid transaction index in a block'],
  [CLASS_HASH_NOT_FOUND, 'Class hash not found'],
  [TXN_HASH_NOT_FOUND, 'Transaction hash not found'],
  [PAGE_SIZE_TOO_BIG, 'Requested page size is too big'],
  [NO_BLOCKS, 'There are no blocks'],
  [INVALID_CONTINUATION_TOKEN, 'The supplied continuation token is invalid or unknown'],
  [TOO_MANY_KEYS_IN_FILTER, 'Too many keys provided in a filter'],
  [CONTRACT_ERROR, 'Contract error'],
  [TRANSACTION_EXECUTION_ERROR, 'Transaction execution error'],
  [
    STORAGE_PROOF_NOT_SUPPORTED,
    "the node doesn't support storage proofs for blocks that are too far in the past",
  ],
  [51, 'Class already declared'],
  [52, 'Invalid transaction nonce'],
  [53, "The transaction's resources don't cover validation or the minimal transaction fee"],
  [
    54,
    "Account balance is smaller than the transaction's maximal fee (calculated as the sum of each resource's limit x max price)",
  ],
  [55, 'Account validation failed'],
  [56, 'Compilation failed'],
  [CLASS_TOO_LARGE, 'Contract class size is too large'],
  [NON_ACCOUNT, 'Sender address is not an account contract'],
  [59, 'A transaction with the same hash already exists in the mempool'],
  [60, 'the compiled class hash did not match the one supplied in the transaction'],
  [UNSUPPORTED_TX_VERSION, 'the transaction version is not supported'],
  [62, 'the contract class version is not supported'],
  [63, 'An unexpected error occurred'],
  [64, 'Replacement transaction is underpriced'],
  [65, 'Transaction fee below minimum'],
  [69, 'The proof field in the invoke v3 transaction is invalid'],
])

/** The refusal of a code, with the table's message. */
export function refusal(code: number, data?: unknown): Refusal {
  return new Refusal(code, messages.get(code) ?? 'An error occurred', data)
}

/** The refusal of a development method: clients of starknet-devnet look at its text. */
export function devnetRefusal(message: string): Refusal {
  return new Refusal(DEVNET_ERROR, message)
}

/** Parameters that cannot be read: says which and why. */
export function invalidParams(reason: string): Refusal {
  return refusal(INVALID_PARAMS, { reason })
}
