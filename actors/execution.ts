/**
 * Execution runs what was ordered. Owns: the executors and the run in flight.
 * Promises: the result equals executing the transactions one by one; a dead or stuck worker costs time, not correctness.
 * Never: looks at single reads; validation is the executors' work (`src/executor`).
 *
 * The parallel executor already throws a damaged run away and repeats it sequentially. Should it fail altogether, the run
 * is done again by the sequential executor alone, for until a run is finished the base state is untouched.
 */
import { assign, fromPromise, sendParent, setup } from 'xstate'
import type {
  Advice,
  AdviceGiven,
  RunExecuted,
  RunOrdered,
  RunReport,
  StageBroken,
} from './events.ts'

export interface ExecutedRun {
  included: number
  report: RunReport
}

interface ExecutionContext {
  advice: Advice
  size: number
  runs: number
  fallbacks: number
}

export const execution = setup({
  types: {
    input: {} as { advice: Advice },
    context: {} as ExecutionContext,
    events: {} as RunOrdered | AdviceGiven,
  },
  actors: {
    'execute the run': fromPromise<ExecutedRun, { advice: Advice }>(async () => {
      throw new Error('execute the run is provided by the composition root')
    }),
    'execute one by one': fromPromise<ExecutedRun>(async () => {
      throw new Error('execute one by one is provided by the composition root')
    }),
  },
  actions: {
    'take the advice': assign({ advice: (_, params: { advice: Advice }) => params.advice }),
    'note the size': assign({ size: (_, params: { size: number }) => params.size }),
    'count the run': assign({
      runs: ({ context }) => context.runs + 1,
      fallbacks: ({ context }, params: ExecutedRun) =>
        context.fallbacks + (params.report.fallback === null ? 0 : 1),
    }),
    'tell the result': sendParent(
      (_, params: ExecutedRun): RunExecuted => ({ type: 'run.executed', ...params }),
    ),
    'tell the bug': sendParent(
      (_, params: { error: unknown }): StageBroken => ({
        type: 'stage.broken',
        stage: 'execution',
        message: String(params.error),
      }),
    ),
  },
  guards: {
    'the run is short or the advice is sequential': ({ context }) =>
      context.advice.mode === 'sequential' || context.size < context.advice.sequentialBelow,
  },
}).createMachine({
  id: 'execution',
  context: ({ input }) => ({ ...input, size: 0, runs: 0, fallbacks: 0 }),
  initial: 'idle',
  on: {
    'advice.given': { actions: { type: 'take the advice', params: ({ event }) => event } },
  },
  states: {
    idle: {
      description: 'Executors are parked.',
      on: {
        'run.ordered': {
          target: 'choosing',
          actions: { type: 'note the size', params: ({ event }) => event },
        },
      },
    },
    choosing: {
      description:
        'Advice of conflicts and the size of the run decide how it is executed; never what comes out.',
      always: [
        { guard: 'the run is short or the advice is sequential', target: 'sequential' },
        { target: 'parallel' },
      ],
    },
    parallel: {
      description: 'Workers speculate within a window, commit in order and flush.',
      invoke: {
        src: 'execute the run',
        input: ({ context }) => ({ advice: context.advice }),
        onDone: {
          target: 'idle',
          actions: [
            { type: 'count the run', params: ({ event }) => event.output },
            { type: 'tell the result', params: ({ event }) => event.output },
          ],
        },
        onError: {
          target: 'sequential',
          description: 'The base state is untouched, so the run starts again, one by one.',
        },
      },
    },
    sequential: {
      description:
        'The run is executed one by one, by the executor that is the oracle of the parallel one.',
      invoke: {
        src: 'execute one by one',
        onDone: {
          target: 'idle',
          actions: [
            { type: 'count the run', params: ({ event }) => event.output },
            { type: 'tell the result', params: ({ event }) => event.output },
          ],
        },
        onError: {
          target: 'broken',
          actions: { type: 'tell the bug', params: ({ event }) => ({ error: event.error }) },
        },
      },
    },
    broken: {
      description: 'Even the sequential executor failed: a bug of ours, and the node stops.',
      type: 'final',
    },
  },
})
