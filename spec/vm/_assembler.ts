/**
 * Cairo assembly for specs, and programs of it run on both machines.
 *
 *     [ap] = 5, ap++; [fp - 3] = [[ap - 1] + 2]; [ap] = [ap - 1] * [fp - 4], ap++; ap += 3
 *     jmp rel 2; jmp rel 4 if [ap - 1] != 0; jmp abs [ap]; call rel 5; call abs [fp - 3]; ret; 0x1234 (a bare word)
 *
 * An object before an instruction is a hint of it. Every run is compared: a spec states what both machines must do.
 */
import * as assert from 'uvu/assert'
import { readCells } from '../../src/felt/cell.ts'
import { P } from '../../src/felt/felt.ts'
import type { BuiltinName, CallResult } from '../../src/vm/host.ts'
import type { Value } from '../../src/vm/reference/value.ts'
import { type CaseMachine, LEAF_ADDRESS, LEAF_CLASS } from './_case.ts'
import { compare, createPair, type Pair } from './_compare.ts'
import { encode, type Slot } from './_instructions.ts'
import { constants, MemoryHost } from './_memory-host.ts'
import { casmOf, leafCasm } from './_programs.ts'

export type Item = string | object

/** Contracts of the world that programs run in: the program itself, and one that returns its calldata. */
export const SELF = 0x1000n
export const LEAF = LEAF_ADDRESS

export const ap = (offset = 0) => ({ register: 'AP', offset })
export const fp = (offset: number) => ({ register: 'FP', offset })
export const deref = (cell: object) => ({ Deref: cell })
export const immediate = (felt: bigint) => ({ Immediate: `0x${felt.toString(16)}` })
export const sum = (a: object, felt: bigint) => ({ BinOp: { op: 'Add', a, b: immediate(felt) } })
/** A new segment, its pointer in [ap]. */
export const alloc = { AllocSegment: { dst: ap() } }
/** The syscall at the frame's pointer. */
export const syscall = { SystemCall: { system: deref(fp(-5)) } }
/** Returns the calldata; pointers of `builtins` go back as they came. */
export function returns(builtins = 0): string {
  const given = Array.from(
    { length: builtins },
    (_, i) => `[ap] = [fp - ${6 + builtins - i}], ap++`,
  )
  return [
    ...given,
    '[ap] = [fp - 6], ap++; [ap] = [fp - 5], ap++; [ap] = 0, ap++',
    '[ap] = [fp - 4], ap++; [ap] = [fp - 3], ap++; ret',
  ].join('; ')
}

export interface Way {
  accounting?: 'gas' | 'steps'
  gas?: number
  stepLimit?: number
  stopAtPoll?: number
  calldata?: bigint[]
  builtins?: BuiltinName[]
  seed?: bigint
}

export interface Outcome extends CallResult {
  /** The error's text, or an empty one. */
  text: string
  data: bigint[]
  log: string[]
  /** Cells of the outermost frame by segment, as the reference has them. */
  segments: (Value | undefined)[][]
}

/** Words with their hints. */
export function assemble(items: Item[]): Slot[] {
  const slots: Slot[] = []
  let hints: object[] = []
  for (const item of items) {
    if (typeof item !== 'string') {
      hints.push(item)
      continue
    }
    for (const line of item.split(';').filter((text) => text.trim() !== '')) {
      slots.push({ words: wordsOf(line.replace(/\s+/g, '')), hints })
      hints = []
    }
  }
  return slots
}

let pair: Pair | null = null

/** Runs a program on both machines, which must agree. */
export function runBoth(items: Item[], way: Way = {}): Outcome {
  return runCasm(casmOf(assemble(items), way.builtins ?? []), way)
}

/** The same for a class. */
export function runCasm(casm: object, way: Way = {}): Outcome {
  pair ??= createPair()
  const { reference } = pair
  let segments: (Value | undefined)[][] = []
  let last: { result: CallResult; host: MemoryHost } | null = null
  const found = compare(pair, (machine) => {
    const compared = reference.onEnd
    if (machine === reference) {
      reference.onEnd = (frame, result) => {
        segments = frame.memory.segments.map(({ cells }) => cells)
        compared?.(frame, result)
      }
    }
    last = runOn(machine, casm, way)
    return last
  })
  assert.equal(found, [])
  const { result, host } = last!
  const { cells, count } = result.returned
  const data = readCells(cells, 0, count)
  return { ...result, text: result.error?.text ?? '', data, log: host.log, segments }
}

/** Runs a class on one machine. */
export function runOn(
  machine: CaseMachine,
  casm: object,
  way: Way = {},
): { result: CallResult; host: MemoryHost } {
  const programs = new Map([
    ['leaf', machine.addClass('leaf', leaf)],
    ['self', machine.addClass('self', casm)],
  ])
  const host = new MemoryHost(machine, programs, {
    storage: new Map([[`${SELF}/7`, 77n]]),
    classes: new Map([
      [LEAF, 'leaf'],
      [SELF, 'self'],
    ]),
    declared: new Map([[LEAF_CLASS, 'leaf']]),
    sender: 1n,
    chainId: 2n,
  })
  if (way.stopAtPoll !== undefined) host.stopAtPoll = way.stopAtPoll
  machine.begin(constants, host, way.seed ?? 3n)
  const result = host.invoke({
    address: SELF,
    key: 'self',
    type: 'external',
    selector: 1n,
    calldata: way.calldata ?? [],
    caller: 0n,
    gas: way.gas ?? 1e8,
    accounting: way.accounting ?? 'gas',
    stepLimit: way.stepLimit ?? 1e6,
  })
  if (typeof result === 'string') throw new Error(result)
  return { result, host }
}

const leaf = leafCasm()

interface Cell {
  isFp: boolean
  offset: number
}

const CELL = '\\[(ap|fp)([+-]\\d+)?\\]'
const NUMBER = '(-?\\d+|-?0x[0-9a-f]+)'
const idle = { dst: -1, dstFp: true, op0: -1, op0Fp: true }
const ASSERT = 4
const ADD_ONE = 2

function wordsOf(line: string): bigint[] {
  const word = new RegExp(`^${NUMBER}$`).exec(line)
  if (word !== null) return [numberOf(word[1]!)]
  const bump = line.endsWith(',ap++') ? ADD_ONE : 0
  const text = line.replace(/,ap\+\+$/, '')
  if (text === 'ret') {
    const ret = { ...idle, dst: -2, op1: -1, source: 2, pc: 1, opcode: 2 }
    return [encode({ ...ret, ap: bump })]
  }
  const advance = new RegExp(`^ap\\+=${NUMBER}$`).exec(text)
  if (advance !== null) {
    return [encode({ ...idle, op1: 1, source: 1, ap: 1 }), numberOf(advance[1]!)]
  }
  const jump = /^(jmp|call)(rel|abs)(.*?)(?:if(.*)!=0)?$/.exec(text)
  if (jump !== null) return jumpWords(jump, bump)
  const [left = '', right = ''] = text.split('=')
  return assertWords(cellOf(left), right, bump)
}

function jumpWords([, name, kind, target, condition]: string[], ap: number): bigint[] {
  const [op1, immediate] = operandOf(target!)
  if (condition !== undefined) {
    const { isFp, offset } = cellOf(condition)
    return [encode({ ...idle, dst: offset, dstFp: isFp, ...op1, pc: 4, ap }), ...immediate]
  }
  const pc = kind === 'rel' ? 2 : 1
  if (name === 'jmp') return [encode({ ...idle, ...op1, pc, ap }), ...immediate]
  return [encode({ dst: 0, op0: 1, ...op1, pc, opcode: 1, ap }), ...immediate]
}

function assertWords({ isFp, offset }: Cell, right: string, ap: number): bigint[] {
  const dst = { dst: offset, dstFp: isFp, ap, opcode: ASSERT }
  const double = new RegExp(`^\\[${CELL}([+-]\\d+)?\\]$`).exec(right)
  if (double !== null) {
    const op0 = { op0Fp: double[1] === 'fp', op0: Number(double[2] ?? 0) }
    return [encode({ ...dst, ...op0, op1: Number(double[3] ?? 0), source: 0 })]
  }
  const binary = new RegExp(`^(${CELL})([+*])(.+)$`).exec(right)
  if (binary !== null) {
    const a = cellOf(binary[1]!)
    const [op1, immediate] = operandOf(binary[5]!)
    const res = binary[4] === '+' ? 1 : 2
    return [encode({ ...dst, op0: a.offset, op0Fp: a.isFp, ...op1, res }), ...immediate]
  }
  const [op1, immediate] = operandOf(right)
  return [encode({ ...dst, op0: -1, op0Fp: true, ...op1 }), ...immediate]
}

/** Second operand: a cell or an immediate, and the immediate's word. */
function operandOf(text: string): [{ op1: number; source: number }, bigint[]] {
  if (new RegExp(`^${NUMBER}$`).test(text)) return [{ op1: 1, source: 1 }, [numberOf(text)]]
  const { isFp, offset } = cellOf(text)
  return [{ op1: offset, source: isFp ? 2 : 4 }, []]
}

function cellOf(text: string): Cell {
  const found = new RegExp(`^${CELL}$`).exec(text)
  if (found === null) throw new Error(`expected a cell, got '${text}'`)
  return { isFp: found[1] === 'fp', offset: Number(found[2] ?? 0) }
}

function numberOf(text: string): bigint {
  const isNegative = text.startsWith('-')
  const number = BigInt(isNegative ? text.slice(1) : text)
  return isNegative ? P - number : number
}
