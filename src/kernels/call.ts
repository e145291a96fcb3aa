/**
 * The ends of a call, where they are plain: memory laid out before the first step, results read after the last one,
 * cells made zero again.
 *
 *     segments   0 program · 1 execution · builtins (arena: infos, arena) · prices · syscalls · calldata · end
 *     stack      builtin pointers · gas · syscall pointer · calldata start, end · 0 · end
 *     back       builtin pointers · gas · syscall pointer · flag · data start, end
 *
 * `settle` only finds out whether all is well; what is wrong, and the builtins that need work at the end, are for
 * src/vm/entrypoint.ts. Builtins come as bits, in protocol order, which is their order in every entry point.
 */
import { GUARD, REL, setSmall, SMALL, tagOf, UNSET } from './cell'
import { allocate, copyCell, entryOf, isFelt, setPointer } from './memory'
import {
  AP,
  BLAKE_COUNT,
  CONSTANT_SEGMENT,
  DEDUCED_SEGMENT,
  END_SEGMENT,
  FP,
  HEAP_TOP,
  IN_HINT,
  MARKING,
  MARKS_START,
  PC_OFFSET,
  PC_SEGMENT,
  PRICE_COUNT,
  PRICES,
  PROGRAM_CELLS,
  PROGRAM_OVERRUN,
  PROGRAM_WORDS,
  RETURN_CELLS,
  RETURNED_ADDRESS,
  RULE_ARENA,
  RULE_BITWISE,
  RULE_EC_OP,
  RULE_MOD,
  RULE_PEDERSEN,
  RULE_POSEIDON,
  RULE_PROGRAM,
  RULE_RANGE_CHECK,
  RULE_STACK,
  SEGMENT_COUNT,
  STACK_BASE,
  STACK_END,
  STACK_HIGH,
  STEP_LIMIT,
  STEP_PAUSE,
  STEPS,
  SYSCALL_OFFSET,
  SYSCALL_SEGMENT,
  TABLE,
  WRITTEN_OUTPUTS,
} from './vm-layout'

/** Rules of the builtins, 4 bits each: pedersen, range_check, bitwise, ec_op, poseidon, arena, range_check96, mods. */
const RULES: u64 = 0x772a65413
/** Cells that segments of builtins and syscalls start with. */
const START_CELLS: u32 = 64

// @ts-ignore: decorator
@inline
function ruleOf(builtin: u32): u32 {
  return <u32>(RULES >>> (<u64>builtin << 2)) & 15
}

/**
 * Opens a call whose program, table, heap and stack base are in control memory, and puts the guard below the base. Returns
 * where its calldata belongs, or 0 when memory does not suffice.
 */
export function open(
  builtins: u32,
  calldataCount: u32,
  pcOffset: u32,
  gas: f64,
  stepLimit: u32,
  marking: u32,
  guardBytes: usize,
): usize {
  const base: usize = load<u32>(STACK_BASE)
  // Also a call that finds no memory is cleared by its registers.
  setTop(<u32>base)
  for (let cell = base - guardBytes; cell < base; cell += 32) store<i64>(cell, GUARD, 8)
  const words = load<u32>(PROGRAM_WORDS)
  setEntry(0, load<u32>(PROGRAM_CELLS), words, RULE_PROGRAM)
  setEntry(1, <u32>base, <u32>((<usize>STACK_END - base) >>> 5), RULE_STACK)
  store<u32>(SEGMENT_COUNT, 2)
  let top = base
  for (let rest = builtins; rest != 0; rest &= rest - 1) {
    const rule = ruleOf(ctz(rest))
    const infos = rule == RULE_ARENA ? allocate(START_CELLS, 0) : 0
    const segment = allocate(START_CELLS, rule)
    if (segment < 0) return 0
    if (rule == RULE_ARENA) {
      const cells: usize = load<u32>(entryOf(segment))
      setPointer(cells, infos, 0)
      setSmall(cells + 32, 0)
      setSmall(cells + 64, 0)
      store<u32>(entryOf(segment), 3, 8)
    }
    setPointer(top, segment, rule == RULE_ARENA ? 3 : 0)
    top += 32
  }
  const prices = allocate(PRICE_COUNT + 1, 0)
  const syscalls = allocate(START_CELLS, 0)
  const calldata = allocate(calldataCount, 0)
  const end = allocate(0, 0)
  if ((prices | syscalls | calldata | end) < 0) return 0
  const priceCells: usize = load<u32>(entryOf(prices))
  for (let i: usize = 0; i < <usize>PRICE_COUNT; i++) {
    copyCell(priceCells + (i << 5), <usize>PRICES + (i << 5))
  }
  // The last word of the tail points to the prices of this call.
  setPointer(<usize>load<u32>(PROGRAM_CELLS) + ((<usize>words - 1) << 5), prices, 0)

  setSmall(top, <u64>gas)
  setPointer(top + 32, syscalls, 0)
  setPointer(top + 64, calldata, 0)
  setPointer(top + 96, calldata, calldataCount)
  setSmall(top + 128, 0)
  setPointer(top + 160, end, 0)
  setTop(<u32>top + 192)
  store<u32>(PC_SEGMENT, 0)
  store<u32>(PC_OFFSET, pcOffset)
  store<u32>(STEPS, 0)
  store<u32>(STEP_PAUSE, 0)
  store<u32>(STEP_LIMIT, stepLimit)
  store<u32>(END_SEGMENT, end)
  store<u32>(CONSTANT_SEGMENT, 0)
  store<u32>(PROGRAM_OVERRUN, 0)
  store<u32>(WRITTEN_OUTPUTS, 0)
  store<u32>(MARKING, marking)
  store<u32>(BLAKE_COUNT, 0)
  store<u32>(DEDUCED_SEGMENT, 0)
  store<u32>(IN_HINT, 0)
  store<u32>(SYSCALL_SEGMENT, syscalls)
  store<u32>(SYSCALL_OFFSET, 0)
  return load<u32>(entryOf(calldata))
}

function setTop(address: u32): void {
  store<u32>(AP, address)
  store<u32>(FP, address)
  store<u32>(STACK_HIGH, address)
}

function setEntry(segment: u32, base: u32, capacity: u32, rule: u32): void {
  const entry = entryOf(segment)
  store<u32>(entry, base)
  store<u32>(entry, capacity, 4)
  store<u32>(entry, 0, 8)
  store<u32>(entry, rule, 12)
}

/**
 * Looks at a call that ran to its end: how many cells it returned, with the first at RETURNED_ADDRESS, or -1 when
 * something is wrong or takes more than a look.
 */
export function settle(builtins: u32, gasGiven: f64): i32 {
  if ((load<u32>(WRITTEN_OUTPUTS) | load<u32>(PROGRAM_OVERRUN)) != 0) return -1
  if (load<u32>(FP) != load<u32>(STACK_BASE)) return -1
  let segment: u32 = 2
  for (let rest = builtins; rest != 0; rest &= rest - 1, segment++) {
    const rule = ruleOf(ctz(rest))
    if (rule == RULE_ARENA) segment++
    else if (!isWhole(rule, segment)) return -1
  }
  const ap = load<u32>(AP)
  if (ap < load<u32>(STACK_BASE) + (RETURN_CELLS << 5)) return -1
  const back = <usize>(ap - (RETURN_CELLS << 5))
  if (tagOf(back) != SMALL || load<u64>(back) > <u64>gasGiven) return -1
  if (tagOf(back + 32) == UNSET || tagOf(back + 64) != SMALL || load<u64>(back, 64) > 1) return -1
  if (tagOf(back + 96) != REL || tagOf(back + 128) != REL) return -1
  const start = load<u64>(back, 96)
  const end = load<u64>(back, 128)
  if (start >>> 32 != end >>> 32 || start > end) return -1
  const entry = entryOf(<u32>(start >>> 32))
  if (<u32>end > load<u32>(entry, 4) && start != end) return -1
  const count = <u32>(end - start)
  const first = <usize>load<u32>(entry) + ((<usize>(<u32>start)) << 5)
  for (let i: usize = 0; i < <usize>count; i++) {
    if (!isFelt(first + (i << 5))) return -1
  }
  store<u32>(RETURNED_ADDRESS, <u32>first)
  return count
}

/** Whether a builtin has the inputs of every instance that was started, and each was computed when somebody read it. */
function isWhole(rule: u32, segment: u32): bool {
  const entry = entryOf(segment)
  const used = load<u32>(entry, 8)
  let cells: u32 = 1
  let inputs: u32 = 1
  switch (<i32>rule) {
    case RULE_RANGE_CHECK:
      break
    case RULE_PEDERSEN:
      cells = 3
      inputs = 2
      break
    case RULE_BITWISE:
      cells = 5
      inputs = 2
      break
    case RULE_EC_OP:
      cells = 7
      inputs = 5
      break
    case RULE_POSEIDON:
      cells = 6
      inputs = 3
      break
    case RULE_MOD:
      return used == 0
    default:
      return false
  }
  const base: usize = load<u32>(entry)
  const capacity = load<u32>(entry, 4)
  for (let start: u32 = 0; start < used; start += cells) {
    if (start + cells > capacity) return false
    const first = base + ((<usize>start) << 5)
    for (let i: usize = 0; i < <usize>inputs; i++) if (tagOf(first + (i << 5)) == UNSET) return false
    if (rule == RULE_RANGE_CHECK || rule == RULE_PEDERSEN) continue
    let outputs: i64 = 0
    for (let i: usize = <usize>inputs; i < <usize>cells; i++) outputs |= tagOf(first + (i << 5))
    if (outputs == UNSET) return false
  }
  return true
}

/** Makes the memory of the running call zero again: its stack, its heap, its table, and its marks. */
export function clear(stackStart: usize, stackTop: usize, heapStart: usize): void {
  const heapTop: usize = load<u32>(HEAP_TOP)
  memory.fill(stackStart, 0, stackTop - stackStart)
  memory.fill(heapStart, 0, heapTop - heapStart)
  memory.fill(load<u32>(TABLE), 0, (<usize>load<u32>(SEGMENT_COUNT)) << 4)
  if (load<u32>(MARKING) == 0) return
  clearMarks(stackStart, stackTop)
  clearMarks(heapStart, heapTop)
}

function clearMarks(from: usize, to: usize): void {
  memory.fill(<usize>MARKS_START + (from >>> 8), 0, (to >>> 8) - (from >>> 8) + 1)
}
