/**
 * Cairo functions of a program, as blocks in an order in which every jump inside of a function goes forward.
 *
 * A function is what is reached from its start without following calls. Backward jumps, which no Cairo compiler emits,
 * leave the function for the interpreter. Loops are recursion there: a call of the function itself with a `ret` behind it.
 */
import { decode, type Instruction, type Place } from './instruction.ts'

export interface Block {
  pc: number
  instructions: Instruction[]
  /** Where it goes on when its last instruction is not a jump; -1 otherwise. */
  next: number
  /** Targets of a computed jump: by distance from it, 0 where there is none. */
  table: number[]
}

/** Where ap is: cells from fp when `epoch` is 0, else from where that epoch began. */
export interface Position {
  epoch: number
  cells: number
}

export interface CairoFunction {
  start: number
  blocks: Block[]
  /** By pc: its place in `blocks`. */
  order: Map<number, number>
  calls: Set<number>
  /** Longest run of steps from start to end, calls not counted. */
  steps: number
  /** Lowest offset that an operand can have from fp. */
  lowest: number
  /** Lowest offset that an instruction names. */
  lowestNamed: number
}

/** Functions by their start, from the entry points on. */
export function findFunctions(
  words: readonly bigint[],
  entries: number[],
  hintPlaces: (pc: number) => Place[],
): CairoFunction[] {
  const found = new Map<number, CairoFunction>()
  const open = [...entries]
  while (open.length > 0) {
    const start = open.pop()!
    if (found.has(start)) continue
    const made = readFunction(words, start, hintPlaces)
    found.set(start, made)
    open.push(...made.calls)
  }
  return [...found.values()].sort((a, b) => a.start - b.start)
}

function readFunction(
  words: readonly bigint[],
  start: number,
  hintPlaces: (pc: number) => Place[],
): CairoFunction {
  const instructions = new Map<number, Instruction>()
  const tables = new Map<number, number[]>()
  const leaders = new Set([start])
  const calls = new Set<number>()
  const open = [start]
  while (open.length > 0) {
    let pc = open.pop()!
    while (pc < words.length) {
      if (instructions.has(pc)) {
        leaders.add(pc)
        break
      }
      const one = decode(words, pc)
      instructions.set(pc, one)
      const next = pc + one.size
      if (one.kind === 'call') calls.add(one.target)
      const targets = targetsOf(one, words, tables)
      for (const target of targets) {
        leaders.add(target)
        open.push(target)
      }
      if (ends(one)) break
      pc = next
    }
  }
  const blocks = new Map<number, Block>()
  for (const pc of leaders) blocks.set(pc, readBlock(pc, instructions, leaders, tables))
  const sorted = topological(start, blocks)
  const order = new Map(sorted.map((block, index) => [block.pc, index]))
  return {
    start,
    blocks: sorted,
    order,
    calls,
    steps: longest(sorted, order),
    ...lowestOf(sorted, order, hintPlaces),
  }
}

function targetsOf(
  one: Instruction,
  words: readonly bigint[],
  tables: Map<number, number[]>,
): number[] {
  if (one.kind === 'jump') return [one.target]
  if (one.kind === 'jnz') return [one.target, one.pc + one.size]
  if (one.kind !== 'jumpCell') return []
  // Compilers put the jumps to choose from right behind, two words each, and then the last choice itself.
  const table: number[] = []
  for (let pc = one.pc + 1; pc < words.length; pc += 2) {
    table[pc - one.pc] = pc
    if (decode(words, pc).kind !== 'jump') break
  }
  tables.set(one.pc, table)
  return table.filter((pc) => pc !== undefined)
}

/** Whether execution does not go on with the next word as a matter of course. */
function ends({ kind }: Instruction): boolean {
  return kind === 'jump' || kind === 'jnz' || kind === 'jumpCell' || kind === 'return' || kind === 'other'
}

function readBlock(
  start: number,
  all: Map<number, Instruction>,
  leaders: Set<number>,
  tables: Map<number, number[]>,
): Block {
  const instructions: Instruction[] = []
  let pc = start
  while (true) {
    const one = all.get(pc)
    if (one === undefined) return { pc: start, instructions, next: pc, table: [] }
    instructions.push(one)
    pc += one.size
    if (ends(one)) return { pc: start, instructions, next: -1, table: tables.get(one.pc) ?? [] }
    if (leaders.has(pc)) return { pc: start, instructions, next: pc, table: [] }
  }
}

/** Blocks that follow a block. */
export function successors({ instructions, next, table }: Block): number[] {
  if (next >= 0) return [next]
  const last = instructions.at(-1)!
  if (last.kind === 'jump') return [last.target]
  if (last.kind === 'jnz') return [last.target, last.pc + last.size]
  return table.filter((pc) => pc !== undefined)
}

/** Reverse postorder. */
function topological(start: number, blocks: Map<number, Block>): Block[] {
  const done: Block[] = []
  const seen = new Set<number>([start])
  const open = [{ block: blocks.get(start)!, rest: [] as number[] }]
  open[0]!.rest = successors(open[0]!.block)
  while (open.length > 0) {
    const top = open.at(-1)!
    const pc = top.rest.shift()
    if (pc === undefined) {
      done.push(top.block)
      open.pop()
      continue
    }
    const block = blocks.get(pc)
    if (block === undefined || seen.has(pc)) continue
    seen.add(pc)
    open.push({ block, rest: successors(block) })
  }
  return done.reverse()
}

function longest(blocks: Block[], order: Map<number, number>): number {
  const from = new Int32Array(blocks.length)
  for (let i = blocks.length - 1; i >= 0; i--) {
    const block = blocks[i]!
    let after = 0
    for (const pc of successors(block)) {
      const index = order.get(pc) ?? -1
      if (index > i) after = Math.max(after, from[index]!)
    }
    from[i] = block.instructions.length + after
  }
  return from[0]!
}

/** ap never falls within a function, so it is at least as far above fp as on the shortest way. */
function lowestOf(
  blocks: Block[],
  order: Map<number, number>,
  hintPlaces: (pc: number) => Place[],
): { lowest: number; lowestNamed: number } {
  let lowest = -2
  let lowestNamed = -2
  const atLeast = new Int32Array(blocks.length).fill(1 << 30)
  atLeast[0] = 0
  blocks.forEach((block, index) => {
    let cells = atLeast[index]!
    for (const one of block.instructions) {
      for (const { isFp, offset } of [...hintPlaces(one.pc), ...placesOf(one)]) {
        lowest = Math.min(lowest, isFp ? offset : cells + offset)
        lowestNamed = Math.min(lowestNamed, offset)
      }
      cells += one.apPlus
      if (one.kind === 'advance') cells += one.count
      if (one.kind === 'call') cells += 2
    }
    for (const pc of successors(block)) {
      const target = order.get(pc) ?? -1
      if (target > index) atLeast[target] = Math.min(atLeast[target]!, cells)
    }
  })
  return { lowest, lowestNamed }
}

/** The cells of the stack that an instruction names. */
export function placesOf(one: Instruction): Place[] {
  switch (one.kind) {
    case 'immediate':
    case 'jnz':
      return [one.dst]
    case 'copy':
      return [one.dst, one.op1]
    case 'deref':
    case 'addImmediate':
    case 'mulImmediate':
      return [one.dst, one.op0]
    case 'add':
    case 'mul':
      return [one.dst, one.op0, one.op1]
    case 'jumpCell':
      return [one.op1]
    default:
      return []
  }
}
