/**
 * The composition root: puts the actors, the executors, the hasher and the store together into one `Chain`.
 *
 *     border ──▶ Submissions ──▶ Mempool ──▶ Production ──▶ ChainStore
 *                     ▲             ▲             ▲
 *                  intake       ordering   execution, conflicts, commit
 *
 * The only file of `src/` that knows actors and workers. It starts nothing when it is imported.
 */
import { createActor, fromPromise, waitFor } from 'xstate'
import { commit } from '../actors/commit.ts'
import type { Advice, RunReport } from '../actors/events.ts'
import { type ExecutedRun, execution } from '../actors/execution.ts'
import { type BatchOutcome, intake } from '../actors/intake.ts'
import { ordering } from '../actors/ordering.ts'
import { sequencer } from '../actors/sequencer.ts'
import { startHasher } from '../workers/hashing.ts'
import { startEngine } from './node/engine.ts'
