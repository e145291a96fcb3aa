/**
 * WebAssembly in its binary form: bodies of functions, written instruction by instruction, and the module around them.
 *
 * Only what the compiler tier emits is here. Control labels are absolute: `block` and `loop` return the depth at which
 * they stand, and a branch names that depth, so that emitters need not count the blocks between.
 */

export const I32 = 0x7f
export const I64 = 0x7e
const VOID = 0x40

/** Instructions without immediates. */
export const op = {
  unreachable: 0x00,
  end: 0x0b,
  return: 0x0f,
  i32Eqz: 0x45,
  i32Ne: 0x47,
  i32LtS: 0x48,
  i32LtU: 0x49,
  i32GtU: 0x4b,
  i32GeU: 0x4f,
  i64Eqz: 0x50,
  i64Ne: 0x52,
  i64LtS: 0x53,
  i64LtU: 0x54,
  i64GtU: 0x56,
  i64LeU: 0x58,
  i64GeU: 0x5a,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32Or: 0x72,
  i32Shl: 0x74,
  i32ShrU: 0x76,
  i64Add: 0x7c,
  i64Sub: 0x7d,
  i64Or: 0x84,
  i64Xor: 0x85,
  i64Shl: 0x86,
  i64ShrU: 0x88,
  wrap: 0xa7,
  extend: 0xad,
} as const

/** Bytes that grow. */
class Bytes {
  buffer = new Uint8Array(256)
  length = 0

  push(byte: number): void {
    if (this.length === this.buffer.length) this.grow(1)
    this.buffer[this.length++] = byte
  }

  /** An integer as unsigned LEB128. */
  unsigned(value: number): void {
    let rest = value
    while (rest >= 0x80) {
      this.push((rest & 0x7f) | 0x80)
      rest = Math.floor(rest / 0x80)
    }
    this.push(rest)
  }

  append({ buffer, length }: Bytes): void {
    if (this.length + length > this.buffer.length) this.grow(length)
    this.buffer.set(buffer.subarray(0, length), this.length)
    this.length += length
  }

  private grow(least: number): void {
    const next = new Uint8Array(Math.max(this.buffer.length * 2, this.length + least))
    next.set(this.buffer)
    this.buffer = next
  }
}

/** The body of one function. */
export class Code {
  readonly bytes = new Bytes()
  private depth = 0

  op(...codes: number[]): this {
    for (const code of codes) this.bytes.push(code)
    return this
  }

  get(local: number): this {
    this.bytes.push(0x20)
    this.bytes.unsigned(local)
    return this
  }

  set(local: number): this {
    this.bytes.push(0x21)
    this.bytes.unsigned(local)
    return this
  }

  tee(local: number): this {
    this.bytes.push(0x22)
    this.bytes.unsigned(local)
    return this
  }

  i32(value: number): this {
    this.bytes.push(0x41)
    this.signed(value | 0)
    return this
  }

  i64(value: bigint): this {
    this.bytes.push(0x42)
    let rest = BigInt.asIntN(64, value)
    for (; rest < -0x40000000n || rest > 0x3fffffffn; rest >>= 7n) {
      this.bytes.push(Number(rest & 0x7fn) | 0x80)
    }
    this.signed(Number(rest))
    return this
  }

  loadI32(offset: number): this {
    return this.memory(0x28, 2, offset)
  }

  loadI64(offset: number): this {
    return this.memory(0x29, 3, offset)
  }

  storeI32(offset: number): this {
    return this.memory(0x36, 2, offset)
  }

  storeI64(offset: number): this {
    return this.memory(0x37, 3, offset)
  }

  call(index: number): this {
    this.bytes.push(0x10)
    this.bytes.unsigned(index)
    return this
  }

  callIndirect(type: number): this {
    this.bytes.push(0x11)
    this.bytes.unsigned(type)
    this.bytes.push(0)
    return this
  }

  block(): number {
    this.op(0x02, VOID)
    return ++this.depth
  }

  loop(): number {
    this.op(0x03, VOID)
    return ++this.depth
  }

  if(): this {
    this.op(0x04, VOID)
    this.depth++
    return this
  }

  end(): this {
    this.bytes.push(op.end)
    this.depth--
    return this
  }

  br(label: number): this {
    this.bytes.push(0x0c)
    this.bytes.unsigned(this.depth - label)
    return this
  }

  brIf(label: number): this {
    this.bytes.push(0x0d)
    this.bytes.unsigned(this.depth - label)
    return this
  }

  brTable(labels: number[], otherwise: number): this {
    this.bytes.push(0x0e)
    this.bytes.unsigned(labels.length)
    for (const label of [...labels, otherwise]) this.bytes.unsigned(this.depth - label)
    return this
  }

  private memory(code: number, align: number, offset: number): this {
    this.op(code, align)
    this.bytes.unsigned(offset)
    return this
  }

  /** A 32-bit integer as signed LEB128. */
  private signed(value: number): void {
    let rest = value
    while (rest < -64 || rest > 63) {
      this.bytes.push((rest & 0x7f) | 0x80)
      rest >>= 7
    }
    this.bytes.push(rest & 0x7f)
  }
}

export interface FunctionType {
  parameters: number[]
  results: number[]
}

export interface ImportedFunction {
  name: string
  type: number
}

export interface DefinedFunction {
  type: number
  /** Types of its locals behind the parameters, in runs. */
  locals: [count: number, type: number][]
  code: Code
}

/** A module with an imported memory, a table of all its functions, and one export. */
export function encodeModule(
  types: FunctionType[],
  imports: ImportedFunction[],
  functions: DefinedFunction[],
  exported: { name: string; index: number },
  pages: number,
): Uint8Array<ArrayBuffer> {
  const out = new Bytes()
  for (const byte of [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]) out.push(byte)
  const section = (id: number, write: (body: Bytes) => void) => {
    const body = new Bytes()
    write(body)
    out.push(id)
    out.unsigned(body.length)
    out.append(body)
  }
  section(1, (body) => {
    body.unsigned(types.length)
    for (const { parameters, results } of types) {
      for (const byte of [0x60, parameters.length, ...parameters, results.length, ...results]) {
        body.push(byte)
      }
    }
  })
  section(2, (body) => {
    body.unsigned(imports.length + 1)
    for (const text of ['env', 'memory']) name(body, text)
    body.push(2)
    body.push(1)
    body.unsigned(pages)
    body.unsigned(pages)
    for (const one of imports) {
      for (const text of ['env', one.name]) name(body, text)
      body.push(0)
      body.push(one.type)
    }
  })
  section(3, (body) => {
    body.unsigned(functions.length)
    for (const { type } of functions) body.push(type)
  })
  section(4, (body) => {
    for (const byte of [1, 0x70, 0]) body.push(byte)
    body.unsigned(functions.length)
  })
  section(7, (body) => {
    body.push(1)
    name(body, exported.name)
    body.push(0)
    body.unsigned(exported.index)
  })
  section(9, (body) => {
    for (const byte of [1, 0, 0x41, 0, op.end]) body.push(byte)
    body.unsigned(functions.length)
    functions.forEach((_, i) => {
      body.unsigned(imports.length + i)
    })
  })
  section(10, (body) => {
    body.unsigned(functions.length)
    for (const { locals, code } of functions) {
      const head = new Bytes()
      head.unsigned(locals.length)
      for (const [count, type] of locals) {
        head.unsigned(count)
        head.push(type)
      }
      body.unsigned(head.length + code.bytes.length + 1)
      body.append(head)
      body.append(code.bytes)
      body.push(op.end)
    }
  })
  return out.buffer.slice(0, out.length)
}

function name(out: Bytes, text: string): void {
  out.push(text.length)
  for (let i = 0; i < text.length; i++) out.push(text.charCodeAt(i))
}
