/**
 * Reads what `byte-writer.ts` wrote. Reading past the end is an error, never a value.
 */
export class ByteReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  /** Whether everything was read. */
  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  byte(): number {
    return this.#bytes[this.#take(1)]!
  }

  count(): number {
    let value = 0
    for (let unit = 1; ; unit *= 0x80) {
      const byte = this.byte()
      value += (byte & 0x7f) * unit
      if (byte < 0x80) return value
      if (unit > 2 ** 46) throw new RangeError('a count is longer than 53 bits')
    }
  }

  number(): bigint {
    const size = this.byte()
    if (size === 0) return 0n
    const at = this.#take(size)
    return BigInt(`0x${this.#bytes.toString('hex', at, at + size)}`)
  }

  numbers(): bigint[] {
    return this.list(() => this.number())
  }

  text(): string {
    return this.bytes().toString('utf8')
  }

  /** The bytes in place: a view. */
  bytes(): Buffer {
    const size = this.count()
    const at = this.#take(size)
    return this.#bytes.subarray(at, at + size)
  }

  list<Value>(read: () => Value): Value[] {
    const count = this.count()
    const values: Value[] = []
    for (let index = 0; index < count; index++) values.push(read())
    return values
  }

  #take(size: number): number {
    const at = this.#at
    if (at + size > this.#bytes.length) {
      throw new RangeError(`expected ${size} bytes more, got ${this.#bytes.length - at}`)
    }
    this.#at = at + size
    return at
  }
}
