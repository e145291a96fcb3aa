/**
 * Cairo functions of a program, as blocks in an order in which nearly every jump inside of a function goes forward.
 *
 * A function is what is reached from its start without following calls. Backward jumps are rare, because Cairo's loops are
 * recursion: a call of the function itself with a `ret` behind it.
 */
import { decode, type Instruction } from './instruction.ts'

export interface Block {
  pc: number
  instructions: Instruction[]
  /** Where it goes on when its last instruction is not a jump; -1 otherwise. */
  next: number
  /** Targets of a computed jump: by distance from it, -1 where there is none. */
  table: number[]
}

export interface CairoFunction {
  start: number
  blocks: Block[]
  /** By pc: its place in `blocks`. */
  order: Map<number, number>
  /** Blocks that are jumped to from themselves or from behind. */
  backward: number[]
  calls: Set<number>
  /** Longest run of steps from start to end, calls not counted. */
  steps: number
}

/** Functions of more steps or instructions than this are left to the interpreter. */
export const MOST_STEPS = 8000
const MOST_INSTRUCTIONS = 20_000
/** Words that a computed jump can skip. */
const MOST_CHOICES = 2048
/** Functions may share code. A program that shares more of it than compilers do is compiled in part. */
const MOST_SHARING = 3

/** Functions worth compiling, from the entry points on, by their start. */
export function findFunctions(words: readonly bigint[], entries: number[]): CairoFunction[] {
  const seen = new Set<number>()
  const found: CairoFunction[] = []
  const open = [...entries]
  let room = words.length * MOST_SHARING
  while (open.length > 0 && room > 0) {
    const start = open.pop()!
    if (seen.has(start)) continue
    seen.add(start)
    const made = readFunction(words, start)
    const size = made.blocks.reduce((sum, { instructions }) => sum + instructions.length, 0)
    room -= size
    open.push(...made.calls)
    if (made.steps <= MOST_STEPS && size <= MOST_INSTRUCTIONS) found.push(made)
  }
  return found.sort((a, b) => a.start - b.start)
}

function readFunction(words: readonly bigint[], start: number): CairoFunction {
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
    backward: backwardOf(sorted, order),
    calls,
    steps: longest(sorted, order),
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
  for (let pc = one.pc + 1; pc < words.length && table.length < MOST_CHOICES; pc += 2) {
    table.push(-1, pc)
    if (decode(words, pc).kind !== 'jump') break
  }
  tables.set(one.pc, table)
  return table.filter((pc) => pc >= 0)
}

/** Whether execution does not go on with the next word as a matter of course. */
function ends({ kind }: Instruction): boolean {
  return (
    kind === 'jump' ||
    kind === 'jnz' ||
    kind === 'jumpCell' ||
    kind === 'return' ||
    kind === 'other'
  )
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
  return table.filter((pc) => pc >= 0)
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

function backwardOf(blocks: Block[], order: Map<number, number>): number[] {
  const found = new Set<number>()
  blocks.forEach((block, index) => {
    for (const pc of successors(block)) {
      const target = order.get(pc) ?? -1
      if (target >= 0 && target <= index) found.add(target)
    }
  })
  return [...found]
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
