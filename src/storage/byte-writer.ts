/**
 * Writes numbers, felts and texts one after the other into a buffer that grows: the form in which records are stored.
 *
 *     count    7 bits a byte, the top bit says that more follow
 *     number   length in bytes (1 byte), then the bytes, big endian; for felts and other numbers of any size
 *     text     length in bytes (count), then UTF-8
 *     list     count of elements, then the elements
 */
export class ByteWriter {
  #bytes: Buffer
  #length = 0

  constructor(sizeBytes = 1024) {
    this.#bytes = Buffer.allocUnsafe(sizeBytes)
  }

  /** What was written so far; valid until the next write. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = value
  }

  /** A number from 0 to 2^53 - 1. */
  count(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is no count`)
    this.#reserve(8)
    let rest = value
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.#bytes[this.#length++] = rest
  }

  /** A number from 0 to 2^2040 - 1. */
  number(value: bigint): void {
    if (value < 0n) throw new RangeError(`${value} is negative`)
    if (value === 0n) {
      this.byte(0)
      return
    }
    const digits = value.toString(16)
    const size = (digits.length + 1) >> 1
    if (size > 255) throw new RangeError('a number of more than 255 bytes')
    this.#reserve(1 + size)
    this.#bytes[this.#length++] = size
    const hex = digits.length % 2 === 0 ? digits : `0${digits}`
    this.#length += this.#bytes.write(hex, this.#length, 'hex')
  }

  numbers(values: readonly bigint[]): void {
    this.list(values, (value) => this.number(value))
  }

  text(value: string): void {
    this.bytes(Buffer.from(value, 'utf8'))
  }

  bytes(value: Uint8Array): void {
    this.count(value.length)
    this.#reserve(value.length)
    this.#bytes.set(value, this.#length)
    this.#length += value.length
  }

  list<Value>(values: readonly Value[], write: (value: Value) => void): void {
    this.count(values.length)
    for (const value of values) write(value)
  }

  #reserve(size: number): void {
    if (this.#length + size <= this.#bytes.length) return
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + size))
    this.#bytes.copy(grown, 0, 0, this.#length)
    this.#bytes = grown
  }
}
