/**
 * Records of trie nodes. A record holds references to the nodes below it, each with its hash, so that a node beside the
 * way of an update is never read.
 *
 *     binary      left, right
 *     contract    class hash, nonce, storage
 *     roots       contracts, classes
 *
 *     reference   length of the edge, 1 byte │ kind, 1 byte │ path of the edge │ bottom │ hash, if there is an edge
 *     bottom      NONE nothing │ VALUE a felt │ CONTRACT, BINARY hash, id
 *     felt        number of bytes, big-endian bytes; hashes always have 32; ids have 7
 */
import type { Binary, Bottom, ContractLeaf, Node } from './trie-node.ts'

const NONE = 0
const VALUE = 1
const CONTRACT = 2
const BINARY = 3

const HASH_BYTES = 32
const ID_BYTES = 7
/** A reference is at most 2 + 32 + 32 + 32 + 7 bytes, a record less than this. */
const MOST_BYTES = 512

/** The roots of both tries after a block. */
export interface Roots {
  contracts: Node | null
  classes: Node | null
}

const scratch = Buffer.alloc(MOST_BYTES)
let end = 0

export function encodeBinary({ left, right }: Binary): Uint8Array {
  return encoded(left, right)
}

export function encodeRoots({ contracts, classes }: Roots): Uint8Array {
  return encoded(contracts, classes)
}

export function encodeContract({ classHash, nonce, storage }: ContractLeaf): Uint8Array {
  end = 0
  putFelt(classHash)
  putFelt(nonce)
  putReference(storage)
  return Buffer.from(scratch.subarray(0, end))
}

export function decodeBinary(bytes: Uint8Array, hash: bigint): Binary {
  const reader = readerOf(bytes)
  const left = takeReference(reader)
  const right = takeReference(reader)
  if (left === null || right === null) throw new Error('expected two children in a binary node')
  return { kind: 'binary', left, right, hash }
}

export function decodeRoots(bytes: Uint8Array): Roots {
  const reader = readerOf(bytes)
  return { contracts: takeReference(reader), classes: takeReference(reader) }
}

export function decodeContract(bytes: Uint8Array): ContractLeaf {
  const reader = readerOf(bytes)
  return {
    classHash: takeFelt(reader),
    nonce: takeFelt(reader),
    storage: takeReference(reader),
  }
}

function encoded(first: Node | null, second: Node | null): Uint8Array {
  end = 0
  putReference(first)
  putReference(second)
  return Buffer.from(scratch.subarray(0, end))
}

function putReference(node: Node | null): void {
  if (node === null) {
    scratch[end++] = 0
    scratch[end++] = NONE
    return
  }
  if (node.kind !== 'edge') {
    scratch[end++] = 0
    putBottom(node)
    return
  }
  scratch[end++] = node.length
  putBottom(node.child)
  putBytes(node.path, (node.length + 7) >> 3)
  if (node.hash === null) throw new Error('expected a closed hash in a node to store')
  putHash(node.hash)
}

function putBottom(bottom: Bottom): void {
  if (bottom.kind === 'leaf' && bottom.id === 0) {
    scratch[end++] = VALUE
    putFelt(bottom.hash)
    return
  }
  if (bottom.kind === 'binary') throw new Error('expected a node to be stored before its parent')
  scratch[end++] = bottom.kind === 'leaf' ? CONTRACT : BINARY
  putHash(bottom.hash)
  scratch.writeUIntBE(Math.floor(bottom.id / 2 ** 24), end, 4)
  scratch.writeUIntBE(bottom.id % 2 ** 24, end + 4, 3)
  end += ID_BYTES
}

function putFelt(felt: bigint): void {
  const count = felt === 0n ? 0 : (felt.toString(16).length + 1) >> 1
  scratch[end++] = count
  putBytes(felt, count)
}

function putBytes(value: bigint, count: number): void {
  if (count === HASH_BYTES) {
    putHash(value)
    return
  }
  let at = end + count
  let rest = value
  for (; at - end >= 4; rest >>= 32n) {
    at -= 4
    scratch.writeUInt32BE(Number(BigInt.asUintN(32, rest)), at)
  }
  for (let low = Number(rest); at > end; low >>>= 8) scratch[--at] = low
  end += count
}

function putHash(hash: bigint): void {
  scratch.writeBigUInt64BE(hash >> 192n, end)
  scratch.writeBigUInt64BE(BigInt.asUintN(64, hash >> 128n), end + 8)
  scratch.writeBigUInt64BE(BigInt.asUintN(64, hash >> 64n), end + 16)
  scratch.writeBigUInt64BE(BigInt.asUintN(64, hash), end + 24)
  end += HASH_BYTES
}

interface Reader {
  bytes: Buffer
  at: number
}

function readerOf(bytes: Uint8Array): Reader {
  return { bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), at: 0 }
}

function takeReference(reader: Reader): Node | null {
  const length = reader.bytes[reader.at++]!
  const bottom = takeBottom(reader)
  if (length === 0 || bottom === null) return bottom
  const path = takeBytes(reader, (length + 7) >> 3)
  return { kind: 'edge', length, path, child: bottom, hash: takeHash(reader) }
}

function takeBottom(reader: Reader): Bottom | null {
  const kind = reader.bytes[reader.at++]!
  if (kind === NONE) return null
  if (kind === VALUE) return { kind: 'leaf', hash: takeFelt(reader), id: 0, contract: null }
  if (kind > BINARY) throw new Error(`expected a kind of trie node, got ${kind}`)
  const hash = takeHash(reader)
  const { bytes, at } = reader
  const id = bytes.readUInt32BE(at) * 2 ** 24 + bytes.readUIntBE(at + 4, 3)
  reader.at += ID_BYTES
  return kind === CONTRACT
    ? { kind: 'leaf', hash, id, contract: null }
    : { kind: 'stored', hash, id }
}

function takeFelt(reader: Reader): bigint {
  const count = reader.bytes[reader.at++]!
  return takeBytes(reader, count)
}

function takeBytes(reader: Reader, count: number): bigint {
  if (count === HASH_BYTES) return takeHash(reader)
  const { bytes, at } = reader
  reader.at += count
  if (count === 0) return 0n
  if (count <= 6) return BigInt(bytes.readUIntBE(at, count))
  return BigInt(`0x${bytes.toString('hex', at, at + count)}`)
}

function takeHash(reader: Reader): bigint {
  const { bytes, at } = reader
  reader.at += HASH_BYTES
  return (
    (bytes.readBigUInt64BE(at) << 192n) |
    (bytes.readBigUInt64BE(at + 8) << 128n) |
    (bytes.readBigUInt64BE(at + 16) << 64n) |
    bytes.readBigUInt64BE(at + 24)
  )
}
