/**
 * Commit makes blocks part of the chain. Owns: the tip.
 * Promises: blocks are appended in height order, whole or not at all, and announced after that.
 * Never: re-executes. Commitments and roots are computed by the committer's thread, off the executors' path; while it works
 * the next block is already executed, so sealed blocks can wait here.
 */
import { assign, fromPromise, sendParent, setup } from 'xstate'
import type { BlockAppended, BlockSealed, BlocksAborted, StageBroken } from './events.ts'

interface CommitContext {
  /** Sealed blocks that wait, lowest height first. */
  sealed: number[]
  tip: number
}

export const commit = setup({
  types: {
    input: {} as { tip: number },
    context: {} as CommitContext,
    events: {} as BlockSealed | BlocksAborted,
  },
  actors: {
    'append the block': fromPromise<{ number: number }, { number: number }>(async () => {
      throw new Error('append the block is provided by the composition root')
    }),
  },
  actions: {
    'queue the block': assign({
      sealed: ({ context }, params: { number: number }) => [...context.sealed, params.number],
    }),
    'move the tip': assign({
      tip: (_, params: { number: number }) => params.number,
      sealed: ({ context }) => context.sealed.slice(1),
    }),
    'lower the tip': assign({ tip: (_, params: { height: number }) => params.height }),
    'announce the block': sendParent(
      (_, params: { number: number }): BlockAppended => ({
        type: 'block.appended',
        number: params.number,
      }),
    ),
    'tell the bug': sendParent(
      (_, params: { error: unknown }): StageBroken => ({
        type: 'stage.broken',
        stage: 'commit',
        message: String(params.error),
      }),
    ),
  },
  guards: {
    'the next height waits': ({ context }) => context.sealed[0] === context.tip + 1,
    'a height is missing': ({ context }) =>
      context.sealed.length > 0 && context.sealed[0] !== context.tip + 1,
  },
}).createMachine({
  id: 'commit',
  context: ({ input }) => ({ ...input, sealed: [] }),
  initial: 'idle',
  on: {
    'block.sealed': { actions: { type: 'queue the block', params: ({ event }) => event } },
    'blocks.aborted': {
      description: 'Ordering waited until no sealed block was left.',
      actions: { type: 'lower the tip', params: ({ event }) => event },
    },
  },
  states: {
    idle: {
      description: 'All sealed blocks are in the chain.',
      always: [
        { guard: 'the next height waits', target: 'appending' },
        {
          guard: 'a height is missing',
          target: 'broken',
          actions: { type: 'tell the bug', params: { error: 'sealed blocks are not consecutive' } },
        },
      ],
    },
    appending: {
      description:
        'The committer computes commitments, root and hash, and stores the block whole; then it is noted.',
      invoke: {
        src: 'append the block',
        input: ({ context }) => ({ number: context.sealed[0]! }),
        onDone: {
          target: 'idle',
          actions: [
            { type: 'move the tip', params: ({ event }) => event.output },
            { type: 'announce the block', params: ({ event }) => event.output },
          ],
        },
        onError: {
          target: 'broken',
          actions: { type: 'tell the bug', params: ({ event }) => ({ error: event.error }) },
        },
      },
    },
    broken: { description: 'The chain cannot be continued; the node stops.', type: 'final' },
  },
})
