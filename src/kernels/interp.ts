/**
 * The interpreter of the Cairo VM.
 *
 *     loop.ts: straight code over predecoded records
 *        │ hint                 │ pause               │ surprise
 *        ▼                      ▼                     ▼
 *     hints.ts, same record   limits, same record   operands.ts or step.ts (all rules), next record
 *
 * Compiled three times: `runGas` bare, `runSteps` with a mark on every accessed cell and the step limit seen before each
 * step, `runToCall` bare but leaving behind each call, where compiled code may go on.
 * In gas mode the last steps before the limit are taken one by one, so it is exact there too; in both modes the last ones
 * below the end of the stack are. The registers are in control memory whenever the loop does not run.
 */
import { tagOf, UNSET } from './cell'
import { runHints } from './hints'
import { Bare, isMarking, Marking, ToCall, walk } from './loop'
import { fail } from './memory'
import { secondChance } from './operands'
import { recordAt } from './record'
import { generalStep } from './step'
import { stopped } from './stopped'
import {
  AP,
  AT_CALL,
  DONE,
  E_STEPS,
  END_SEGMENT,
  EXIT_CALL,
  EXIT_HINT,
  EXIT_PAUSE,
  EXIT_STEP,
  FAULT,
  FP,
  HALT_RUN,
  IMAGE,
  PAUSE_STEPS,
  PC_OFFSET,
  PC_SEGMENT,
  PROGRAM_WORDS,
  RECORD_HINT,
  RECORD_PLAIN,
  RESUME_KIND,
  STACK_BASE,
  STACK_EDGE,
  STEP_LIMIT,
  STEP_PAUSE,
  STEPS,
  STRAIGHT_STEPS,
} from './vm-layout'

export { clear, open, settle } from './call'
export { fillHoles, grow, insert, markedCells, missingInput, usedCells } from './memory'
export { deduce } from './builtins'
export {
  tierAdd,
  tierAssert,
  tierDeref,
  tierDivMod,
  tierHints,
  tierLeave,
  tierLess,
  tierMultiply,
  tierPause,
  tierSplit,
  tierStep,
  tierWideMultiply,
} from './tier'

/** Runs the call in control memory to its end, without marks. */
export function runGas(): i32 {
  return run<Bare>()
}

/** The same, marking what is accessed. */
export function runSteps(): i32 {
  return run<Marking>()
}

/** Without marks too; ends with AT_CALL behind every call, for compiled code to take over. */
export function runToCall(): i32 {
  return run<ToCall>()
}

/** Alternates between records and single steps: pcs elsewhere, frames without [fp-1]. */
function run<M>(): i32 {
  while (!hasEnded()) {
    if (isNearEdge()) return lastSteps(false)
    let status = DONE
    if (inProgram()) {
      status = runRecords<M>()
    } else {
      if (load<u32>(STEPS) >= load<u32>(STEP_PAUSE)) status = pause()
      if (status == DONE) status = singleStep(false)
    }
    if (status != DONE) return status
  }
  return DONE
}

function hasEnded(): bool {
  return load<u32>(PC_SEGMENT) == load<u32>(END_SEGMENT) && load<u32>(PC_OFFSET) == 0
}

/** Whether the loop may run: pc in the program, and the frame has its [fp-1]. */
function inProgram(): bool {
  if (load<u32>(PC_SEGMENT) != 0 || load<u32>(PC_OFFSET) >= load<u32>(PROGRAM_WORDS)) return false
  const fp = <usize>load<u32>(FP)
  return fp > <usize>load<u32>(STACK_BASE) && tagOf(fp - 32) != UNSET
}

// @ts-ignore: decorator
@inline
function record(): usize {
  return recordAt(load<u32>(PC_OFFSET))
}

/** Walks over records until pc leaves them or the call ends. */
function runRecords<M>(): i32 {
  let kind: u32 = load<u8>(record())
  let exit = EXIT_STEP
  while (true) {
    if (exit != EXIT_HINT && load<u32>(STEPS) >= load<u32>(STEP_PAUSE)) {
      const status = pause()
      if (status != DONE) return status
      const isNearLimit = load<u32>(STEPS) + STRAIGHT_STEPS >= load<u32>(STEP_LIMIT)
      if ((!isMarking<M>() && isNearLimit) || isNearEdge()) {
        return lastSteps(kind == load<u8>(record(), RECORD_PLAIN))
      }
    }
    exit = walk<M>(kind)
    if (exit == EXIT_HINT) {
      const status = runHints(<usize>load<u32>(IMAGE) + <usize>load<u32>(record(), RECORD_HINT))
      if (status != DONE) return status
      kind = load<u8>(record(), RECORD_PLAIN)
    } else if (exit == EXIT_PAUSE) {
      kind = load<u32>(RESUME_KIND)
    } else if (exit == EXIT_CALL) {
      return AT_CALL
    } else {
      if (!secondChance() && generalStep() != DONE) return FAULT
      store<u32>(STEPS, load<u32>(STEPS) + 1)
      if (!inProgram() || isNearEdge()) return DONE
      kind = load<u8>(record())
    }
  }
}

/** Whether ap is where the loop must not go on: it sees the end of the stack only at pauses. */
// @ts-ignore: decorator
@inline
function isNearEdge(): bool {
  return load<u32>(AP) > <u32>STACK_EDGE
}

/** Takes a call to its end or to its limits step by step. */
function lastSteps(hintsRan: bool): i32 {
  let ran = hintsRan
  while (!hasEnded()) {
    let status = DONE
    if (load<u32>(STEPS) >= load<u32>(STEP_PAUSE)) status = pause()
    if (status == DONE) status = singleStep(ran)
    if (status != DONE) return status
    ran = false
  }
  return DONE
}

/** The hints of the pc, unless they ran, and its instruction by the general rules. */
function singleStep(hintsRan: bool): i32 {
  // Hints belong to an offset, whatever the segment.
  if (!hintsRan && load<u32>(PC_OFFSET) < load<u32>(PROGRAM_WORDS)) {
    const hint = load<u32>(record(), RECORD_HINT)
    if (hint != 0) {
      const status = runHints(<usize>load<u32>(IMAGE) + hint)
      if (status != DONE) return status
    }
  }
  if (generalStep() != DONE) return FAULT
  store<u32>(STEPS, load<u32>(STEPS) + 1)
  return DONE
}

/** Called every few thousand steps: the step limit, and whether to go on. */
function pause(): i32 {
  const steps = load<u32>(STEPS)
  const limit = load<u32>(STEP_LIMIT)
  if (steps >= limit) return fail(E_STEPS, 0, 0)
  store<u32>(STEP_PAUSE, min(limit, steps + PAUSE_STEPS))
  return stopped() ? HALT_RUN : DONE
}
