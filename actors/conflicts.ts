/**
 * Conflicts learns from failed validations. Owns: what finished runs cost, and the advice drawn from it.
 * Promises: its advice changes speed, never results. Never: validates a read set; executors do (`src/executor`).
 *
 * It decides once per run, in O(1): whether parallel execution pays, how far to speculate, and below which size a run
 * is not worth waking workers for. After it chose sequential execution it probes, at growing intervals, whether the
 * load has changed.
 */
import { assign, sendParent, setup } from 'xstate'
import type { Advice, AdviceGiven, RunExecuted, RunReport, SequencerStop } from './events.ts'

export interface ConflictsInput {
  workers: number
}

interface ConflictsContext extends ConflictsInput {
  advice: Advice
  /** Share of worker time that was wasted, smoothed over runs. */
  waste: number
  /** Runs left before the next probe, and how many will pass before the one after. */
  untilProbe: number
  probeInterval: number
}

/** Above this share of wasted time the run would have been faster one by one: both cores do the same work twice. */
const wasteLimit = 0.5
/** First and largest number of sequential runs between probes; doubling bounds the cost of probing to a few percent. */
export const firstProbeInterval = 8
export const lastProbeInterval = 256

/** The advice for a node with so many workers that has seen nothing yet. */
export function initialAdvice(workers: number): Advice {
  return {
    mode: workers > 0 ? 'parallel' : 'sequential',
    // Waking parked workers costs about as much as two transactions each.
    sequentialBelow: 2 * workers,
    window: 4 * Math.max(1, workers),
  }
}

/** Wasted share of a run's worker time; 0 for a sequential run. */
export function wasteOf(report: RunReport): number {
  const spent = report.usefulMicros + report.wastedMicros
  return report.executor === 'sequential' || spent === 0 ? 0 : report.wastedMicros / spent
}

/** The window after a run: halved when more than a twentieth was wasted, else widened by two, within its limits. */
export function nextWindow(window: number, waste: number, workers: number): number {
  if (waste > 0.05) return Math.max(2, window >> 1)
  return Math.min(4 * Math.max(1, workers), window + 2)
}

export const conflicts = setup({
  types: {
    input: {} as ConflictsInput,
    context: {} as ConflictsContext,
    events: {} as RunExecuted | SequencerStop,
  },
  actions: {
    'learn from the run': assign(({ context }, params: { report: RunReport }) => {
      if (params.report.executor === 'sequential') return {}
      const waste = (context.waste + wasteOf(params.report)) / 2
      const window = nextWindow(context.advice.window, waste, context.workers)
      return { waste, advice: { ...context.advice, window } }
    }),
    'advise sequential execution': assign({
      advice: ({ context }): Advice => ({ ...context.advice, mode: 'sequential' }),
    }),
    'advise parallel execution': assign({
      advice: ({ context }): Advice => ({ ...context.advice, mode: 'parallel' }),
    }),
    'wait for the next probe': assign({
      untilProbe: ({ context }) => context.probeInterval,
      probeInterval: ({ context }) => Math.min(lastProbeInterval, context.probeInterval * 2),
    }),
    'start probing anew': assign({ probeInterval: firstProbeInterval, waste: 0 }),
    'count down to the probe': assign({ untilProbe: ({ context }) => context.untilProbe - 1 }),
    'give advice': sendParent(
      ({ context }): AdviceGiven => ({ type: 'advice.given', advice: context.advice }),
    ),
  },
  guards: {
    'there are no workers': ({ context }) => context.workers === 0,
    'too much was wasted': ({ context }) => context.waste > wasteLimit,
    'this run wasted too much': (_, params: { report: RunReport }) =>
      wasteOf(params.report) > wasteLimit,
    'the run was not parallel': (_, params: { report: RunReport }) =>
      params.report.executor === 'sequential',
    'it is time for a probe': ({ context }) => context.untilProbe <= 0,
  },
}).createMachine({
  id: 'conflicts',
  context: ({ input }) => ({
    ...input,
    advice: initialAdvice(input.workers),
    waste: 0,
    untilProbe: 0,
    probeInterval: firstProbeInterval,
  }),
  initial: 'starting',
  on: { 'sequencer.stop': '.stopped' },
  states: {
    starting: {
      description: 'Without workers there is nothing to advise.',
      always: [{ guard: 'there are no workers', target: 'alone' }, { target: 'parallel' }],
    },
    alone: { description: 'Every run is sequential: the node has no workers.' },
    parallel: {
      description: 'Runs are executed in parallel; the window follows the waste.',
      on: {
        'run.executed': {
          target: 'weighing',
          actions: { type: 'learn from the run', params: ({ event }) => event },
        },
      },
    },
    weighing: {
      description: 'One run is judged.',
      always: [
        {
          guard: 'too much was wasted',
          target: 'sequential',
          actions: ['advise sequential execution', 'wait for the next probe', 'give advice'],
        },
        { target: 'parallel', actions: 'give advice' },
      ],
    },
    sequential: {
      description: 'Transactions conflict so much that one by one is faster.',
      always: {
        guard: 'it is time for a probe',
        target: 'probing',
        actions: ['advise parallel execution', 'give advice'],
      },
      on: { 'run.executed': { actions: 'count down to the probe' } },
    },
    probing: {
      description: 'One run is executed in parallel, to see whether the load has changed.',
      on: {
        'run.executed': [
          {
            guard: { type: 'the run was not parallel', params: ({ event }) => event },
            description: 'It was too short for workers and says nothing.',
          },
          {
            guard: { type: 'this run wasted too much', params: ({ event }) => event },
            target: 'sequential',
            actions: ['advise sequential execution', 'wait for the next probe', 'give advice'],
          },
          { target: 'parallel', actions: ['start probing anew', 'give advice'] },
        ],
      },
    },
    stopped: { description: 'No advice any more.', type: 'final' },
  },
})
