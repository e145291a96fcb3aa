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
  else: 0x05,
  end: 0x0b,
  return: 0x0f,
  i32Eqz: 0x45,
  i32Eq: 0x46,
  i32Ne: 0x47,
  i32LtS: 0x48,
  i32LtU: 0x49,
  i32GtU: 0x4b,
  i32GeU: 0x4f,
  i64Eqz: 0x50,
  i64Eq: 0x51,
  i64Ne: 0x52,
  i64LtS: 0x53,
  i64LtU: 0x54,
  i64GtU: 0x56,
  i64LeU: 0x58,
  i64GeU: 0x5a,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32And: 0x71,
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

/** Appends an integer as unsigned LEB128. */
function unsigned(bytes: number[], value: number): void {
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  bytes.push(rest)
}

/** The body of one function. */
export class Code {
  readonly bytes: number[] = []
  private depth = 0

  op(...codes: number[]): this {
    for (const code of codes) this.bytes.push(code)
    return this
  }

  get(local: number): this {
    this.bytes.push(0x20)
    unsigned(this.bytes, local)
    return this
  }

  set(local: number): this {
    this.bytes.push(0x21)
    unsigned(this.bytes, local)
    return this
  }

  tee(local: number): this {
    this.bytes.push(0x22)
    unsigned(this.bytes, local)
    return this
  }

  i32(value: number): this {
    this.bytes.push(0x41)
    this.signed(BigInt(value | 0))
    return this
  }

  i64(value: bigint): this {
    this.bytes.push(0x42)
    this.signed(BigInt.asIntN(64, value))
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

  loadV128(offset: number): this {
    return this.vector(0, offset)
  }

  storeV128(offset: number): this {
    return this.vector(11, offset)
  }

  call(index: number): this {
    this.bytes.push(0x10)
    unsigned(this.bytes, index)
    return this
  }

  callIndirect(type: number): this {
    this.bytes.push(0x11)
    unsigned(this.bytes, type)
    this.bytes.push(0)
    return this
  }

  block(): number {
    this.bytes.push(0x02, VOID)
    return ++this.depth
  }

  loop(): number {
    this.bytes.push(0x03, VOID)
    return ++this.depth
  }

  if(type = VOID): this {
    this.bytes.push(0x04, type)
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
    unsigned(this.bytes, this.depth - label)
    return this
  }

  brIf(label: number): this {
    this.bytes.push(0x0d)
    unsigned(this.bytes, this.depth - label)
    return this
  }

  brTable(labels: number[], otherwise: number): this {
    this.bytes.push(0x0e)
    unsigned(this.bytes, labels.length)
    for (const label of [...labels, otherwise]) unsigned(this.bytes, this.depth - label)
    return this
  }

  private memory(code: number, align: number, offset: number): this {
    this.bytes.push(code, align)
    unsigned(this.bytes, offset)
    return this
  }

  private vector(code: number, offset: number): this {
    this.bytes.push(0xfd, code, 4)
    unsigned(this.bytes, offset)
    return this
  }

  private signed(value: bigint): void {
    let rest = value
    while (rest < -64n || rest > 63n) {
      this.bytes.push(Number(rest & 0x7fn) | 0x80)
      rest >>= 7n
    }
    this.bytes.push(Number(rest & 0x7fn))
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
  const parts: number[][] = [[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]]
  const section = (id: number, write: (bytes: number[]) => void) => {
    const body: number[] = []
    write(body)
    const head = [id]
    unsigned(head, body.length)
    parts.push(head, body)
  }
  section(1, (out) => {
    unsigned(out, types.length)
    for (const { parameters, results } of types) {
      out.push(0x60, parameters.length, ...parameters, results.length, ...results)
    }
  })
  section(2, (out) => {
    unsigned(out, imports.length + 1)
    name(out, 'env')
    name(out, 'memory')
    out.push(2, 1)
    unsigned(out, pages)
    unsigned(out, pages)
    for (const one of imports) {
      name(out, 'env')
      name(out, one.name)
      out.push(0, one.type)
    }
  })
  section(3, (out) => {
    unsigned(out, functions.length)
    for (const { type } of functions) out.push(type)
  })
  section(4, (out) => {
    out.push(1, 0x70, 0)
    unsigned(out, functions.length)
  })
  section(7, (out) => {
    out.push(1)
    name(out, exported.name)
    out.push(0)
    unsigned(out, exported.index)
  })
  section(9, (out) => {
    out.push(1, 0, 0x41, 0, op.end)
    unsigned(out, functions.length)
    for (let i = 0; i < functions.length; i++) unsigned(out, imports.length + i)
  })
  section(10, (out) => {
    unsigned(out, functions.length)
    for (const { locals, code } of functions) {
      const head: number[] = []
      unsigned(head, locals.length)
      for (const [count, type] of locals) {
        unsigned(head, count)
        head.push(type)
      }
      unsigned(out, head.length + code.bytes.length + 1)
      for (const byte of head) out.push(byte)
      for (const byte of code.bytes) out.push(byte)
      out.push(op.end)
    }
  })
  const size = parts.reduce((sum, part) => sum + part.length, 0)
  const bytes = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

function name(out: number[], text: string): void {
  out.push(text.length)
  for (let i = 0; i < text.length; i++) out.push(text.charCodeAt(i))
}
