/**
 * The five actors together, with fakes for what they drive: facts reach the right stage, blocks are appended, a stop
 * drains, a bug ends the node; and every state of every machine is reachable, described and drawn.
 */
import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type AnyStateNode, createActor, fromPromise, waitFor } from 'xstate'
import { commit } from '../../actors/commit.ts'
import { diagrams, diagramsPath, machines } from '../../actors/diagram.ts'
import type { RunReport } from '../../actors/events.ts'
import { execution } from '../../actors/execution.ts'
import { intake } from '../../actors/intake.ts'
import { ordering } from '../../actors/ordering.ts'
import { sequencer } from '../../actors/sequencer.ts'

const report: RunReport = {
  executor: 'parallel',
  transactions: 0,
  executions: 0,
  aborts: 0,
  usefulMicros: 1,
  wastedMicros: 0,
  fallback: null,
}

/** A sequencer over plain counters: submissions, the pool, the open block, the chain. */
function world(options: { breakAt?: string } = {}) {
  const counts = { submitted: 0, pool: 0, run: 0, open: 0, chain: [] as number[], height: 0 }
  const sealed = new Map<number, number>()
  const guard = (stage: string) => {
    if (options.breakAt === stage) throw new Error(`${stage} broke`)
  }
  const run = async () => {
    guard('execution')
    counts.open += counts.run
    return { included: counts.run, report }
  }
  const machine = sequencer.provide({
    actors: {
      intake: intake.provide({
        actors: {
          'check batch': fromPromise(async () => {
            guard('intake')
            const admitted = counts.submitted
            counts.submitted = 0
            counts.pool += admitted
            return { admitted, waiting: 0 }
          }),
        },
      }),
      ordering: ordering.provide({
        actors: {
          'take a run': fromPromise(async ({ input }) => {
            counts.run = Math.min(counts.pool, input.limit)
            counts.pool -= counts.run
            return { size: counts.run, waiting: counts.pool > 0 }
          }),
          'seal the block': fromPromise(async () => {
            guard('ordering')
            counts.height++
            sealed.set(counts.height, counts.open)
            counts.open = 0
            return { number: counts.height }
          }),
        },
      }),
      execution: execution.provide({
        actors: { 'execute the run': fromPromise(run), 'execute one by one': fromPromise(run) },
      }),
      commit: commit.provide({
        actors: {
          'append the block': fromPromise(async ({ input }) => {
            guard('commit')
            counts.chain.push(sealed.get(input.number)!)
            return input
          }),
        },
      }),
    },
  })
  const input = {
    ordering: { mode: 'auto' as const, intervalMs: 1000, blockLimit: 10, runLimit: 4, included: 0 },
    workers: 2,
    tip: 0,
  }
  const actor = createActor(machine, { input })
  actor.start()
  return {
    counts,
    actor,
    submit(count: number) {
      counts.submitted += count
      actor.send({ type: 'transactions.arrived' })
    },
  }
}

test('what is submitted ends in blocks, at most as long as a block may be', async () => {
  const { actor, counts, submit } = world()
  submit(25)
  await waitFor(actor, (snapshot) => snapshot.context.appended === 3, { timeout: 5000 })
  assert.equal(counts.chain, [10, 10, 5])
  submit(1)
  await waitFor(actor, (snapshot) => snapshot.context.appended === 4, { timeout: 5000 })
  assert.equal(counts.chain, [10, 10, 5, 1])
  actor.stop()
})

test('a stop drains: what was taken is appended', async () => {
  const { actor, counts, submit } = world()
  submit(3)
  actor.send({ type: 'block.close' })
  await waitFor(actor, (snapshot) => snapshot.context.appended >= 1, { timeout: 5000 })
  actor.send({ type: 'sequencer.stop' })
  await waitFor(actor, (snapshot) => snapshot.status === 'done', { timeout: 5000 })
  assert.is(actor.getSnapshot().value, 'stopped')
  assert.is(
    counts.chain.reduce((sum, size) => sum + size, 0),
    3 - counts.pool,
  )
})

test('a bug in any stage ends the node and is named', async () => {
  for (const stage of ['intake', 'ordering', 'execution', 'commit']) {
    const { actor, submit } = world({ breakAt: stage })
    submit(5)
    await waitFor(actor, (snapshot) => snapshot.status === 'done', { timeout: 5000 })
    assert.is(actor.getSnapshot().value, 'broken')
    assert.match(actor.getSnapshot().context.failure!, `${stage}: Error: ${stage} broke`)
  }
})

test('every state is described, without double quotes, and entered by some arrow', () => {
  for (const machine of machines) {
    const entered = new Set<string>()
    visit(machine.root, (node) => {
      for (const target of node.initial?.target ?? []) entered.add(target.id)
      if (node.type === 'parallel') {
        for (const region of Object.values(node.states)) entered.add(region.id)
      }
      const transitions = [...node.transitions.values()].flat().concat(node.always ?? [])
      for (const transition of transitions) {
        for (const target of transition.target ?? []) entered.add(target.id)
      }
    })
    visit(machine.root, (node) => {
      if (node === machine.root) return
      assert.ok(entered.has(node.id), `${node.id} cannot be reached`)
      const isRegion = node.parent?.type === 'parallel'
      if (isRegion) return
      assert.ok(node.description, `${node.id} has no description`)
      assert.not.match(node.description!, '"')
    })
  }
})

test('the diagrams in actors/README.md are those of the machines', () => {
  assert.is(readFileSync(diagramsPath, 'utf8'), diagrams())
})

function visit(node: AnyStateNode, look: (node: AnyStateNode) => void): void {
  look(node)
  for (const child of Object.values(node.states)) visit(child, look)
}

test.run()
