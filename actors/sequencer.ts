/**
 * The sequencer supervises the five stages. Owns: who hears what, the orderly stop, and the end after a bug.
 * Promises: each fact reaches the stages it concerns, in order; on stop everything admitted into the open block is
 * appended before the sequencer is stopped. Never: decides for a stage.
 */
import { assign, sendTo, setup } from 'xstate'
import { commit } from './commit.ts'
import { conflicts, initialAdvice } from './conflicts.ts'
import type {
  AdviceGiven,
  BatchAdmitted,
  BlockAppended,
  BlockClose,
  BlockSealed,
  BlocksAbort,
  BlocksAborted,
  RunExecuted,
  RunOrdered,
  SequencerStop,
  StageBroken,
  TransactionsArrived,
} from './events.ts'
import { execution } from './execution.ts'
import { intake } from './intake.ts'
import { type OrderingInput, ordering } from './ordering.ts'

export interface SequencerInput {
  ordering: OrderingInput
  workers: number
  /** Height of the newest block. */
  tip: number
}

interface SequencerContext extends SequencerInput {
  /** Height of the newest sealed and the newest appended block. */
  sealed: number
  appended: number
  orderingDone: boolean
  failure: string | null
}

export const sequencer = setup({
  types: {
    input: {} as SequencerInput,
    context: {} as SequencerContext,
    events: {} as
      | TransactionsArrived
      | BatchAdmitted
      | RunOrdered
      | RunExecuted
      | AdviceGiven
      | BlockSealed
      | BlockAppended
      | BlockClose
      | BlocksAbort
      | BlocksAborted
      | SequencerStop
      | StageBroken,
  },
  actors: { intake, ordering, execution, conflicts, commit },
  actions: {
    'note the failure': assign({
      failure: (_, params: { stage: string; message: string }) =>
        `${params.stage}: ${params.message}`,
    }),
    'note the seal': assign({ sealed: (_, params: { number: number }) => params.number }),
    'note the append': assign({ appended: (_, params: { number: number }) => params.number }),
    'note the abort': assign({
      sealed: (_, params: { height: number }) => params.height,
      appended: (_, params: { height: number }) => params.height,
    }),
    'note that ordering is done': assign({ orderingDone: true }),
  },
  guards: {
    'everything sealed is appended': ({ context }) =>
      context.orderingDone && context.appended === context.sealed,
  },
}).createMachine({
  id: 'sequencer',
  context: ({ input }) => ({
    ...input,
    sealed: input.tip,
    appended: input.tip,
    orderingDone: false,
    failure: null,
  }),
  initial: 'alive',
  states: {
    alive: {
      description: 'All five stages run, each in an actor of its own.',
      invoke: [
        { src: 'intake', id: 'intake' },
        {
          src: 'ordering',
          id: 'ordering',
          input: ({ context }) => context.ordering,
          onDone: { actions: 'note that ordering is done' },
        },
        {
          src: 'execution',
          id: 'execution',
          input: ({ context }) => ({ advice: initialAdvice(context.workers) }),
        },
        {
          src: 'conflicts',
          id: 'conflicts',
          input: ({ context }) => ({ workers: context.workers }),
        },
        { src: 'commit', id: 'commit', input: ({ context }) => ({ tip: context.tip }) },
      ],
      on: {
        'batch.admitted': { actions: sendTo('ordering', ({ event }) => event) },
        'run.ordered': { actions: sendTo('execution', ({ event }) => event) },
        'run.executed': {
          description: 'Conflicts hears it first, so that its advice precedes the next run.',
          actions: [
            sendTo('conflicts', ({ event }) => event),
            sendTo('ordering', ({ event }) => event),
          ],
        },
        'advice.given': { actions: sendTo('execution', ({ event }) => event) },
        'block.sealed': {
          actions: [
            { type: 'note the seal', params: ({ event }) => event },
            sendTo('commit', ({ event }) => event),
          ],
        },
        'block.appended': {
          actions: [
            { type: 'note the append', params: ({ event }) => event },
            sendTo('ordering', ({ event }) => event),
          ],
        },
        'blocks.aborted': {
          description: 'Commit hears it before the next block that is sealed.',
          actions: [
            { type: 'note the abort', params: ({ event }) => event },
            sendTo('commit', ({ event }) => event),
          ],
        },
        'stage.broken': {
          target: 'broken',
          actions: { type: 'note the failure', params: ({ event }) => event },
        },
      },
      initial: 'running',
      states: {
        running: {
          description: 'Transactions are taken.',
          on: {
            'transactions.arrived': { actions: sendTo('intake', ({ event }) => event) },
            'block.close': { actions: sendTo('ordering', ({ event }) => event) },
            'blocks.abort': { actions: sendTo('ordering', ({ event }) => event) },
            'sequencer.stop': {
              target: 'draining',
              actions: [
                sendTo('intake', ({ event }) => event),
                sendTo('ordering', ({ event }) => event),
                sendTo('conflicts', ({ event }) => event),
              ],
            },
          },
        },
        draining: {
          description:
            'Nothing new is taken; the run in flight ends, the open block is sealed and appended.',
          always: { guard: 'everything sealed is appended', target: '#sequencer.stopped' },
        },
      },
    },
    stopped: { description: 'Everything sealed is in the chain.', type: 'final' },
    broken: {
      description: 'A stage met a bug of ours: the node stops and says which.',
      type: 'final',
    },
  },
})
