/**
 * Looks at the pages of an LMDB file before LMDB maps it: LMDB trusts what it finds, and a file that was cut off or written
 * over would crash the process, or lose records without a word.
 *
 *     page     0 number │ 8 transaction │ 16 pad │ 18 flags │ 20 lower │ 22 upper │ 24 offsets of nodes … nodes
 *     node     0 size of the data, or in a branch the page below (6 bytes) │ 4 flags │ 6 size of the key │ 8 key, data
 *     meta     page, then 24 magic │ 28 version │ 48 free pages' tree │ 96 main tree │ 144 last page │ 152 transaction
 *     tree     0 page size │ 4 flags │ 6 depth │ 8 counts of pages and entries (4 x 8) │ 40 root page
 *
 * Every reachable page must be there, say its own number, have its level's kind and hold nodes within its bounds whose
 * keys ascend. Branches are a hundredth of a file, so they are always looked at; leaves as well where there is time.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { DamagedError } from './checksum.ts'

const PAGE_HEAD = 24
const NODE_HEAD = 8
const META_BYTES = 160
const MAGIC = 0xbeefc0de
const VERSION = 2
const META_TREES = [48, 96]
const TREE_BYTES = 48

const BRANCH = 0x01
const LEAF = 0x02
const OVERFLOW = 0x04
const META = 0x08
const KINDS = BRANCH | LEAF | OVERFLOW | META

const BIG_DATA = 0x01
const SUB_TREE = 0x02
const OVERFLOW_BYTES = 24
const INTEGER_KEYS = 0x08
const NO_PAGE = 0xffff_ffff_ffff_ffffn

interface Tree {
  root: bigint
  depth: number
  hasIntegerKeys: boolean
}

/** Refuses a damaged file with `DamagedError`. `leaves`: looks at all pages, else only at those above the leaves. */
export function checkDatabaseFile(path: string, { leaves }: { leaves: boolean }): void {
  const file = openSync(path, 'r')
  try {
    new Checker(path, file, leaves).check()
  } finally {
    closeSync(file)
  }
}

class Checker {
  readonly #path: string
  readonly #file: number
  readonly #leaves: boolean
  #pageSize = 4096
  #pageCount = 0
  #transaction = 0n
  #seen = new Uint8Array(0)

  constructor(path: string, file: number, leaves: boolean) {
    this.#path = path
    this.#file = file
    this.#leaves = leaves
  }

  check(): void {
    const meta = this.#newestMeta()
    this.#pageCount = Math.floor(fstatSync(this.#file).size / this.#pageSize)
    this.#transaction = meta.readBigUInt64LE(152)
    this.#seen = new Uint8Array(this.#pageCount)
    for (const [index, at] of META_TREES.entries()) {
      // The pages of the main tree name all others.
      this.#checkTree(treeOf(meta, at), index === 1)
    }
  }

  /** The newer of the two meta pages; LMDB needs both. */
  #newestMeta(): Buffer {
    const first = this.#meta(0)
    this.#pageSize = first.readUInt32LE(META_TREES[0]!)
    const second = this.#meta(this.#pageSize)
    return first.readBigUInt64LE(152) > second.readBigUInt64LE(152) ? first : second
  }

  #meta(offset: number): Buffer {
    const meta = this.#read(offset, META_BYTES)
    const isMeta = meta.readUInt16LE(18) === META && meta.readUInt32LE(24) === MAGIC
    if (!isMeta) this.#refuse(`byte ${offset} does not start the database`)
    const version = meta.readUInt32LE(28)
    if (version !== VERSION)
      this.#refuse(`it has version ${version} of LMDB's form, not ${VERSION}`)
    const pageSize = meta.readUInt32LE(META_TREES[0]!)
    if (pageSize < 512 || pageSize > 65536 || (pageSize & (pageSize - 1)) !== 0) {
      this.#refuse(`a page of ${pageSize} bytes cannot be`)
    }
    return meta
  }

  #checkTree(tree: Tree, isMain: boolean): void {
    if (tree.root !== NO_PAGE) this.#checkPage(tree.root, 1, tree, isMain)
  }

  #checkPage(number: bigint, level: number, tree: Tree, isMain: boolean): void {
    const isLeaf = level === tree.depth
    this.#claim(number, 1)
    if (isLeaf && !this.#leaves && !isMain) return
    const page = this.#page(number, isLeaf ? LEAF : BRANCH)
    const nodes = this.#nodesOf(page, number)
    // The first key of a branch stands for everything below the second.
    const firstKey = isLeaf ? 0 : 1
    for (const [index, node] of nodes.entries()) {
      if (index > firstKey && !isBefore(page, nodes[index - 1]!, node, tree)) {
        this.#refuse(`the keys of page ${number} do not ascend`)
      }
      if (!isLeaf) {
        this.#checkPage(BigInt(page.readUIntLE(node, 6)), level + 1, tree, isMain)
      } else {
        this.#checkData(page, number, node, isMain)
      }
    }
  }

  #checkData(page: Buffer, number: bigint, node: number, isMain: boolean): void {
    const flags = page.readUInt16LE(node + 4)
    const at = keyEnd(page, node)
    const size = page.readUInt32LE(node)
    const inPage = (flags & BIG_DATA) !== 0 ? OVERFLOW_BYTES : size
    if (at + inPage > this.#pageSize) this.#refuse(`a record of page ${number} leaves the page`)
    if (isMain && (flags & SUB_TREE) !== 0) {
      if (size < TREE_BYTES) this.#refuse(`a table of page ${number} is cut off`)
      this.#checkTree(treeOf(page, at), false)
    }
    if ((flags & BIG_DATA) === 0) return
    const first = page.readBigUInt64LE(at)
    const count = page.readBigUInt64LE(at + 16)
    if (BigInt(size) > count * BigInt(this.#pageSize)) {
      this.#refuse(`a record of page ${number} is longer than its pages`)
    }
    this.#claim(first, Number(count))
    this.#page(first, OVERFLOW)
  }

  /** Offsets of the nodes of a page. */
  #nodesOf(page: Buffer, number: bigint): number[] {
    const lower = PAGE_HEAD + page.readUInt16LE(20)
    const upper = PAGE_HEAD + page.readUInt16LE(22)
    if (lower > upper || upper > this.#pageSize || lower % 2 !== 0 || lower === PAGE_HEAD) {
      this.#refuse(`page ${number} has impossible bounds`)
    }
    const nodes: number[] = []
    for (let at = PAGE_HEAD; at < lower; at += 2) {
      const node = PAGE_HEAD + page.readUInt16LE(at)
      const isInside = node >= upper && node + NODE_HEAD <= this.#pageSize
      if (!isInside || keyEnd(page, node) > this.#pageSize) {
        this.#refuse(`a record of page ${number} leaves the page`)
      }
      nodes.push(node)
    }
    return nodes
  }

  /** Reads a page that must have its number and kind, and be no newer than the newest transaction. */
  #page(number: bigint, kind: number): Buffer {
    const page = this.#read(Number(number) * this.#pageSize, this.#pageSize)
    const isWhole =
      page.readBigUInt64LE(0) === number &&
      (page.readUInt16LE(18) & KINDS) === kind &&
      page.readBigUInt64LE(8) <= this.#transaction
    if (!isWhole) this.#refuse(`page ${number} was written over`)
    return page
  }

  /** Notes that pages are used; each is used once. */
  #claim(first: bigint, count: number): void {
    if (first < 2n || first + BigInt(count) > BigInt(this.#pageCount)) {
      const has = `${this.#pageCount} pages`
      this.#refuse(
        `page ${first + BigInt(count) - 1n} is missing, the file has ${has}: it was cut off`,
      )
    }
    for (let page = Number(first); page < Number(first) + count; page++) {
      if (this.#seen[page] === 1) this.#refuse(`page ${page} is used twice`)
      this.#seen[page] = 1
    }
  }

  #read(offset: number, size: number): Buffer {
    const bytes = Buffer.allocUnsafe(size)
    const count = readSync(this.#file, bytes, 0, size, offset)
    if (count < size) this.#refuse(`it ends at byte ${offset + count}: it was cut off`)
    return bytes
  }

  #refuse(what: string): never {
    throw new DamagedError(
      `the database ${this.#path} is damaged: ${what}. Restore the folder from a copy, or start with an empty one`,
    )
  }
}

function treeOf(bytes: Buffer, at: number): Tree {
  return {
    root: bytes.readBigUInt64LE(at + 40),
    depth: bytes.readUInt16LE(at + 6),
    hasIntegerKeys: (bytes.readUInt16LE(at + 4) & INTEGER_KEYS) !== 0,
  }
}

/** Where the key of a node ends and its data starts. */
function keyEnd(page: Buffer, node: number): number {
  return node + NODE_HEAD + page.readUInt16LE(node + 6)
}

/** Whether the key of one node of a page is below that of another. */
function isBefore(page: Buffer, a: number, b: number, { hasIntegerKeys }: Tree): boolean {
  const [aKey, aEnd] = [a + NODE_HEAD, keyEnd(page, a)]
  const [bKey, bEnd] = [b + NODE_HEAD, keyEnd(page, b)]
  if (!hasIntegerKeys) return page.compare(page, bKey, bEnd, aKey, aEnd) < 0
  if (aEnd - aKey === 4) return page.readUInt32LE(aKey) < page.readUInt32LE(bKey)
  return page.readBigUInt64LE(aKey) < page.readBigUInt64LE(bKey)
}
