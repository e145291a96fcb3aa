/**
 * Ordering fills blocks. Owns: the mempool and the open block, from its first run to its seal.
 * Promises: a sealed order never changes; a block closes when nothing waits, when it is full, at its deadline or on
 * demand, and the reason is told. Blocks are taken back between two runs, when commit has none in hand. Never: executes.
 *
 * Two regions: `block` says what the open block is doing, `clock` marks deadlines when blocks close by time. Commit may
 * trail by `lagLimit` blocks, because a block's first write is the hash of the block ten before it; then ordering waits.
 */
import { assign, fromPromise, raise, sendParent, setup } from 'xstate'
import type {
  BatchAdmitted,
  BlockAppended,
  BlockClose,
  BlockSealed,
  BlocksAbort,
  BlocksAborted,
  CloseReason,
  RunExecuted,
  RunOrdered,
  SequencerStop,
  StageBroken,
} from './events.ts'

/** When blocks close by themselves: as soon as nothing waits, after each transaction, by time, or never. */
export type BlockMode = 'auto' | 'transaction' | 'interval' | 'demand'

export interface OrderingInput {
  mode: BlockMode
  intervalMs: number
  /** Transactions of a block at most. */
  blockLimit: number
  /** Transactions of a run at most. */
  runLimit: number
  /** Transactions that the open block has already; it was left open by an earlier process. */
  included: number
}

interface OrderingContext extends OrderingInput {
  waiting: boolean
  closing: CloseReason | null
  stopping: boolean
  lag: number
  /** Height above which blocks are to be taken back, or null. */
  aborting: number | null
}

/** Sealed blocks that commit may have in hand. */
export const lagLimit = 8

export const ordering = setup({
  types: {
    input: {} as OrderingInput,
    context: {} as OrderingContext,
    events: {} as
      | BatchAdmitted
      | RunExecuted
      | BlockClose
      | BlockAppended
      | BlocksAbort
      | SequencerStop
      | { type: 'deadline.reached' },
  },
  actors: {
    'take a run': fromPromise<{ size: number; waiting: boolean }, { limit: number }>(async () => {
      throw new Error('take a run is provided by the composition root')
    }),
    'seal the block': fromPromise<{ number: number }, { reason: CloseReason }>(async () => {
      throw new Error('seal the block is provided by the composition root')
    }),
    'abort the blocks': fromPromise<{ height: number; waiting: boolean }, { height: number }>(
      async () => {
        throw new Error('abort the blocks is provided by the composition root')
      },
    ),
  },
  delays: { 'block interval': ({ context }) => context.intervalMs },
  actions: {
    'note what waits': assign({ waiting: true }),
    'note what is left': assign({
      waiting: ({ context }, params: { waiting: boolean }) => context.waiting || params.waiting,
    }),
    'forget what waits': assign({ waiting: false }),
    'hand over the run': sendParent(
      (_, params: { size: number }): RunOrdered => ({ type: 'run.ordered', size: params.size }),
    ),
    'count the run': assign({
      included: ({ context }, params: { included: number }) => context.included + params.included,
    }),
    'ask to close': assign({
      closing: ({ context }, params: { reason: CloseReason }) => context.closing ?? params.reason,
    }),
    'note the stop': assign({ stopping: true }),
    'tell the seal': sendParent(
      ({ context }, params: { number: number }): BlockSealed => ({
        type: 'block.sealed',
        number: params.number,
        reason: context.closing ?? 'idle',
      }),
    ),
    'open the next block': assign({
      included: 0,
      closing: null,
      lag: ({ context }) => context.lag + 1,
    }),
    'note the abort': assign({ aborting: (_, params: { height: number }) => params.height }),
    // Who asked for a block still gets one: the reason to close stays.
    'begin again above the height': assign({ included: 0, aborting: null }),
    'tell the abort': sendParent(
      (_, params: { height: number }): BlocksAborted => ({
        type: 'blocks.aborted',
        height: params.height,
      }),
    ),
    'count the appended block': assign({ lag: ({ context }) => context.lag - 1 }),
    'mark the deadline': raise({ type: 'deadline.reached' }),
    'tell the bug': sendParent(
      (_, params: { error: unknown }): StageBroken => ({
        type: 'stage.broken',
        stage: 'ordering',
        message: String(params.error),
      }),
    ),
  },
  guards: {
    'close was asked': ({ context }) => context.closing !== null,
    'the block is full': ({ context }) => context.included >= context.blockLimit,
    'each transaction has its block': ({ context }) =>
      context.mode === 'transaction' && context.included > 0,
    'more waits': ({ context }) => context.waiting && !context.stopping,
    'nothing waits and blocks close by themselves': ({ context }) =>
      context.mode === 'auto' && context.included > 0,
    'stop was asked and the block has content': ({ context }) =>
      context.stopping && context.included > 0,
    'stop was asked': ({ context }) => context.stopping,
    'commit is too far behind': ({ context }) => context.lag >= lagLimit,
    'an abort waits for commit': ({ context }) => context.aborting !== null && context.lag > 0,
    'an abort was asked': ({ context }) => context.aborting !== null,
    'blocks close by time': ({ context }) => context.mode === 'interval',
    'something was taken': (_, params: { size: number }) => params.size > 0,
  },
}).createMachine({
  id: 'ordering',
  context: ({ input }) => ({
    ...input,
    waiting: false,
    closing: null,
    stopping: false,
    lag: 0,
    aborting: null,
  }),
  type: 'parallel',
  on: {
    'batch.admitted': { actions: 'note what waits' },
    'block.appended': { actions: 'count the appended block' },
    'block.close': { actions: { type: 'ask to close', params: { reason: 'demand' } } },
    'blocks.abort': { actions: { type: 'note the abort', params: ({ event }) => event } },
    'deadline.reached': { actions: { type: 'ask to close', params: { reason: 'deadline' } } },
    'sequencer.stop': { actions: 'note the stop' },
  },
  states: {
    block: {
      initial: 'idle',
      states: {
        idle: {
          description:
            'The block is open and nothing is in flight. What was noted meanwhile decides.',
          always: [
            { guard: 'an abort waits for commit', target: 'lagging' },
            { guard: 'an abort was asked', target: 'aborting' },
            { guard: 'commit is too far behind', target: 'lagging' },
            { guard: 'close was asked', target: 'sealing' },
            {
              guard: 'the block is full',
              target: 'sealing',
              actions: { type: 'ask to close', params: { reason: 'full' } },
            },
            {
              guard: 'each transaction has its block',
              target: 'sealing',
              actions: { type: 'ask to close', params: { reason: 'single' } },
            },
            { guard: 'more waits', target: 'taking' },
            {
              guard: 'nothing waits and blocks close by themselves',
              target: 'sealing',
              actions: { type: 'ask to close', params: { reason: 'idle' } },
            },
            {
              guard: 'stop was asked and the block has content',
              target: 'sealing',
              actions: { type: 'ask to close', params: { reason: 'stop' } },
            },
            { guard: 'stop was asked', target: 'stopped' },
          ],
        },
        taking: {
          description: 'The next run is taken from the mempool, in its final order.',
          entry: 'forget what waits',
          invoke: {
            src: 'take a run',
            input: ({ context }) => ({
              limit:
                context.mode === 'transaction'
                  ? 1
                  : Math.min(context.runLimit, context.blockLimit - context.included),
            }),
            onDone: [
              {
                guard: { type: 'something was taken', params: ({ event }) => event.output },
                target: 'running',
                actions: [
                  { type: 'note what is left', params: ({ event }) => event.output },
                  { type: 'hand over the run', params: ({ event }) => event.output },
                ],
              },
              { target: 'idle' },
            ],
            onError: {
              target: 'stopped',
              actions: { type: 'tell the bug', params: ({ event }) => ({ error: event.error }) },
            },
          },
        },
        running: {
          description: 'Executors have the run. Its transactions keep their positions.',
          on: {
            'run.executed': {
              target: 'idle',
              actions: { type: 'count the run', params: ({ event }) => event },
            },
          },
        },
        sealing: {
          description: 'The block gets its last writes; from here on nothing about it changes.',
          invoke: {
            src: 'seal the block',
            input: ({ context }) => ({ reason: context.closing ?? 'idle' }),
            onDone: {
              target: 'idle',
              actions: [
                { type: 'tell the seal', params: ({ event }) => event.output },
                'open the next block',
              ],
            },
            onError: {
              target: 'stopped',
              actions: { type: 'tell the bug', params: ({ event }) => ({ error: event.error }) },
            },
          },
        },
        aborting: {
          description:
            'The open block is dropped and stored ones are taken back; what waits goes on from there.',
          invoke: {
            src: 'abort the blocks',
            input: ({ context }) => ({ height: context.aborting! }),
            onDone: {
              target: 'idle',
              actions: [
                { type: 'note what is left', params: ({ event }) => event.output },
                { type: 'tell the abort', params: ({ event }) => event.output },
                'begin again above the height',
              ],
            },
            onError: {
              target: 'stopped',
              actions: { type: 'tell the bug', params: ({ event }) => ({ error: event.error }) },
            },
          },
        },
        lagging: {
          description:
            'Commit is too many blocks behind, or has some that an abort needs: order waits for it.',
          on: { 'block.appended': { target: 'idle', actions: 'count the appended block' } },
        },
        stopped: {
          description: 'No block is open any more.',
          type: 'final',
        },
      },
    },
    clock: {
      initial: 'deciding',
      states: {
        deciding: {
          description: 'Only blocks that close by time need a clock.',
          always: [{ guard: 'blocks close by time', target: 'ticking' }, { target: 'silent' }],
        },
        ticking: {
          description:
            'A deadline is marked at every interval; closing by hand does not move the next one.',
          after: {
            'block interval': { target: 'ticking', reenter: true, actions: 'mark the deadline' },
          },
          on: { 'sequencer.stop': { target: 'silent', actions: 'note the stop' } },
        },
        silent: { description: 'No deadline.', type: 'final' },
      },
    },
  },
})
