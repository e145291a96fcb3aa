/**
 * An admitted transaction as bytes: itself, and for a declare the class that it brings, Sierra and CASM. The CASM may have
 * come from outside and be gone at the next start, and without it the declare could not be executed again.
 */
import type { Transaction } from '../starknet/transaction.ts'
import { ByteReader } from '../storage/byte-reader.ts'
import { ByteWriter } from '../storage/byte-writer.ts'
import type { StoredClass } from '../storage/chain-store.ts'
import { decodeClass, encodeClass } from '../storage/class-codec.ts'
import { readTransaction, writeTransaction } from '../storage/transaction-codec.ts'

/** The height of a class that no block has declared yet; heights are stored from 0 on. */
const UNDECLARED = -1

export interface Submitted {
  transaction: Transaction
  declared: StoredClass | null
}

export function encodeSubmitted({ transaction, declared }: Submitted): Uint8Array {
  const writer = new ByteWriter(768)
  writeTransaction(writer, transaction)
  writer.list(declared === null ? [] : [declared], (stored) => {
    writer.bytes(encodeClass({ ...stored, declaredAt: 0 }))
  })
  return writer.written
}

export function decodeSubmitted(bytes: Uint8Array): Submitted {
  const reader = new ByteReader(bytes)
  const transaction = readTransaction(reader)
  const [declared] = reader.list(() => decodeClass(reader.bytes()))
  return {
    transaction,
    declared: declared === undefined ? null : { ...declared, declaredAt: UNDECLARED },
  }
}
