/**
 * Random writes to an ordering engine, and a model that says what can be read back after any number of them.
 *
 * The model is written from the interface alone: lists of plain values, no bytes.
 */
import type { Random } from '../../src/lab/random.ts'
import type {
  BlockInit,
  BlockRecord,
  Chunk,
  OrderingEngine,
  Seal,
  Submission,
  Term,
  Written,
} from '../../src/ordering/engine.ts'

export type Write =
  | { type: 'campaign'; height: number }
  | { type: 'submit'; batch: Submission[] }
  | { type: 'begin'; init: BlockInit }
  | { type: 'extend'; chunk: Chunk }
  | { type: 'seal'; seal: Seal }
  | { type: 'rewind'; height: number }

/** What an engine holds, as text: blocks from a height on, and what waits. */
function contents(blocks: BlockRecord[], waiting: Submission[]): string[] {
  return [
    ...blocks.map(({ init, chunks, seal }) => {
      const text = chunks.map(({ transactions, digest }) => `${texts(transactions)}#${digest}`)
      return `block ${init.context.number} at ${init.context.timestamp}: ${text.join(' | ')} ${seal?.reason ?? 'open'}`
    }),
    `waiting: ${texts(waiting)}`,
  ]
}

export async function contentsOf(engine: OrderingEngine, from: number): Promise<string[]> {
  const blocks: BlockRecord[] = []
  for await (const block of engine.read(from)) blocks.push(block)
  return contents(blocks, await engine.waiting())
}

/** What must be read after these writes. */
export function expectedOf(writes: readonly Write[], from: number): string[] {
  let blocks: BlockRecord[] = []
  let waiting: Submission[] = []
  for (const write of writes) {
    if (write.type === 'submit') waiting.push(...write.batch)
    if (write.type === 'begin') blocks.push({ init: write.init, chunks: [], seal: null })
    if (write.type === 'seal') blocks.at(-1)!.seal = write.seal
    if (write.type === 'rewind') blocks = blocks.filter((block) => isKept(block, write.height))
    if (write.type !== 'extend') continue
    const { included, dropped, digest } = write.chunk
    const transactions = included.map((hash) => waiting.find((one) => one.hash === hash)!)
    blocks.at(-1)!.chunks.push({ transactions, digest })
    waiting = waiting.filter(({ hash }) => !included.includes(hash) && !dropped.includes(hash))
  }
  return contents(
    blocks.filter(({ init }) => init.context.number >= from),
    waiting,
  )
}

function isKept({ init }: BlockRecord, height: number): boolean {
  return init.context.number <= height
}

export function issue(engine: OrderingEngine, term: Term, write: Write): Promise<Written | Term> {
  switch (write.type) {
    case 'campaign':
      return engine.campaign(write.height)
    case 'submit':
      return engine.submit(write.batch)
    case 'begin':
      return engine.begin(term, write.init)
    case 'extend':
      return engine.extend(term, write.chunk)
    case 'seal':
      return engine.seal(term, write.seal)
    case 'rewind':
      return engine.rewind(term, write.height)
  }
}

/** Writes that are valid one after the other. */
export class Script {
  readonly #random: Random
  #height = 0
  #open = false
  #index = 0
  #count = 0
  #serial = 0n
  #waiting: bigint[] = []
  #rewoundTo = -1

  constructor(random: Random) {
    this.#random = random
  }

  /** Height of the newest sealed block. */
  get sealed(): number {
    return this.#open ? this.#height - 1 : this.#height
  }

  /** Where the newest rewind went to: whoever rewinds has stored the blocks up to there. */
  get rewoundTo(): number {
    return this.#rewoundTo
  }

  next(): Write {
    const random = this.#random
    if (random.oneIn(25) && this.#height > 0) return this.#rewind()
    if (random.below(5) < 2) return { type: 'submit', batch: this.#batch() }
    if (!this.#open) {
      this.#open = true
      this.#height++
      this.#index = 0
      this.#count = 0
      return { type: 'begin', init: initOf(this.#height) }
    }
    const height = this.#height
    if (random.oneIn(4)) {
      this.#open = false
      return { type: 'seal', seal: { height, count: this.#count, reason: 'idle' } }
    }
    const taken = this.#waiting.splice(0, random.below(6))
    const dropped = random.oneIn(5) ? taken.splice(0, 1) : []
    this.#count += taken.length
    const chunk = {
      height,
      index: this.#index++,
      included: taken,
      dropped,
      digest: random.below(2 ** 31),
    }
    return { type: 'extend', chunk }
  }

  #rewind(): Write {
    const height = Math.max(0, this.#height - 1 - this.#random.below(4))
    this.#open = false
    this.#height = height
    this.#rewoundTo = height
    return { type: 'rewind', height }
  }

  /** Takes back a batch that was refused. */
  forget(batch: Submission[]): void {
    const hashes = new Set(batch.map(({ hash }) => hash))
    this.#waiting = this.#waiting.filter((hash) => !hashes.has(hash))
  }

  #batch(): Submission[] {
    const random = this.#random
    return Array.from({ length: 1 + random.below(4) }, () => {
      const hash = (++this.#serial << 200n) | BigInt(random.below(1000))
      this.#waiting.push(hash)
      const size = random.oneIn(20) ? 3000 : random.below(200)
      return { hash, body: Buffer.alloc(size, Number(this.#serial & 0xffn)) }
    })
  }
}

export function initOf(height: number): BlockInit {
  const price = { wei: 10n ** 9n, fri: BigInt(height) }
  return {
    context: {
      number: height,
      timestamp: 1_700_000_000 + height,
      sequencerAddress: 0x1000n,
      chainId: 0x534e5f5345504f4c4941n,
      starknetVersion: '0.14.2',
      l1GasPrice: price,
      l1DataGasPrice: price,
      l2GasPrice: price,
      useKzgDa: true,
      strkAddress: 1n << 250n,
      ethAddress: 2n,
    },
  }
}

function texts(transactions: Submission[]): string {
  return transactions
    .map(({ hash, body }) => `${hash.toString(16)}:${body.length}:${body[0] ?? ''}`)
    .join(',')
}
