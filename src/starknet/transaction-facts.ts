/**
 * What follows from a transaction and the class that it brings, and what executors have to be told beside its fields.
 */
import { contractAddress } from './addresses.ts'
import { blakeCompiledClassHash } from './class-hash.ts'
import type { TransactionFacts } from './encoded-transaction.ts'
import { codeSizeOf } from './gas.ts'
import type { SierraClass, Transaction } from './transaction.ts'

/** Address of the account that a deploy_account makes. */
export function addressOf(transaction: Transaction): bigint | null {
  if (transaction.type !== 'DEPLOY_ACCOUNT') return null
  const { contractAddressSalt, classHash, constructorCalldata } = transaction
  return contractAddress(0n, contractAddressSalt, classHash, constructorCalldata)
}

/** The account of a transaction, whose address is given where a deploy_account makes it. */
export function senderOf(transaction: Transaction, address: bigint | null): bigint {
  return transaction.type === 'DEPLOY_ACCOUNT' ? address! : transaction.senderAddress
}

/** The facts of a transaction; `declared` is the class that a declare brings. */
export function factsOf(
  transaction: Transaction,
  address: bigint | null,
  declared: { sierra: SierraClass | null; casm: unknown } | null,
): TransactionFacts {
  const facts: TransactionFacts = {}
  if (address !== null) facts.contractAddress = address
  if (transaction.type === 'DECLARE' && declared) {
    const { bytecode } = declared.casm as { bytecode: unknown[] }
    const sierraFelts = declared.sierra?.sierraProgram.length ?? 0
    const abiBytes = declared.sierra ? Buffer.byteLength(declared.sierra.abi) : 0
    facts.compiledClassHash = blakeCompiledClassHash(declared.casm)
    facts.codeSizeBytes = codeSizeOf(bytecode.length, sierraFelts, abiBytes)
  }
  return facts
}
