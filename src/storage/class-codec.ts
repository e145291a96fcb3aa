/**
 * Classes as bytes: hashes, height, Sierra, and CASM as the JSON that it is.
 */
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import type { StoredClass } from './chain-store.ts'
import { decodeSierra, encodeSierra } from './transaction-codec.ts'

export function encodeClass(stored: StoredClass): Buffer {
  const writer = new ByteWriter(256 * 1024)
  writer.number(stored.classHash)
  writer.number(stored.compiledClassHash)
  writer.count(stored.declaredAt)
  writer.list(stored.sierra === null ? [] : [stored.sierra], (sierra) => {
    writer.bytes(encodeSierra(sierra))
  })
  writer.text(JSON.stringify(stored.casm))
  return writer.written
}

export function decodeClass(bytes: Uint8Array): StoredClass {
  const reader = new ByteReader(bytes)
  const classHash = reader.number()
  const compiledClassHash = reader.number()
  const declaredAt = reader.count()
  const sierra = reader.list(() => decodeSierra(reader.bytes()))[0] ?? null
  return { classHash, compiledClassHash, sierra, casm: JSON.parse(reader.text()), declaredAt }
}
