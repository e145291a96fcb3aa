/**
 * Intake admits transactions. Owns: the queue of submissions, from the border to the mempool.
 * Promises: what it passes on is well-formed, was checked against the newest state and is admitted once.
 * Never: chooses the order, or touches a block.
 *
 * Submissions that arrive while a batch is checked form the next batch, so load makes batches, not events.
 */
import { assign, fromPromise, sendParent, setup } from 'xstate'
import type { BatchAdmitted, SequencerStop, StageBroken, TransactionsArrived } from './events.ts'

/** What became of one batch: how many passed, and how many submissions arrived meanwhile. */
export interface BatchOutcome {
  admitted: number
  waiting: number
}

export const intake = setup({
  types: {
    context: {} as { admitted: number; waiting: boolean },
    events: {} as TransactionsArrived | SequencerStop,
  },
  actors: {
    'check batch': fromPromise<BatchOutcome>(async () => {
      throw new Error('check batch is provided by the composition root')
    }),
  },
  actions: {
    'note the arrival': assign({ waiting: true }),
    'tell what was admitted': sendParent(
      (_, params: { count: number }): BatchAdmitted => ({
        type: 'batch.admitted',
        count: params.count,
      }),
    ),
    'count the batch': assign({
      admitted: ({ context }, params: BatchOutcome) => context.admitted + params.admitted,
      waiting: ({ context }, params: BatchOutcome) => context.waiting || params.waiting > 0,
    }),
    'tell the bug': sendParent(
      (_, params: { error: unknown }): StageBroken => ({
        type: 'stage.broken',
        stage: 'intake',
        message: String(params.error),
      }),
    ),
    'forget the arrival': assign({ waiting: false }),
  },
  guards: {
    'some passed': (_, params: BatchOutcome) => params.admitted > 0,
    'more arrived': ({ context }) => context.waiting,
  },
}).createMachine({
  id: 'intake',
  context: { admitted: 0, waiting: false },
  initial: 'idle',
  on: { 'sequencer.stop': '.closed' },
  states: {
    idle: {
      description: 'No submission waits.',
      always: { guard: 'more arrived', target: 'checking' },
      on: { 'transactions.arrived': 'checking' },
    },
    checking: {
      description:
        'One batch is hashed, validated against the newest state and put into the mempool.',
      entry: 'forget the arrival',
      on: { 'transactions.arrived': { actions: 'note the arrival' } },
      invoke: {
        src: 'check batch',
        onDone: [
          {
            guard: { type: 'some passed', params: ({ event }) => event.output },
            target: 'idle',
            actions: [
              { type: 'count the batch', params: ({ event }) => event.output },
              {
                type: 'tell what was admitted',
                params: ({ event }) => ({ count: event.output.admitted }),
              },
            ],
          },
          {
            target: 'idle',
            actions: { type: 'count the batch', params: ({ event }) => event.output },
          },
        ],
        onError: {
          target: 'closed',
          actions: { type: 'tell the bug', params: ({ event }) => ({ error: event.error }) },
        },
      },
    },
    closed: {
      description: 'Nothing more is admitted: the sequencer stops, or admission itself failed.',
      type: 'final',
    },
  },
})
