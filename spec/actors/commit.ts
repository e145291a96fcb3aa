/** The truth table of commit. */
import { test } from 'uvu'
import { commit } from '../../actors/commit.ts'
import { checkTable, done, failed } from './_table.ts'

const context = { sealed: [] as number[], tip: 6 }
const sealed = (number: number) => ({ type: 'block.sealed', number, reason: 'idle' })

test('blocks are appended in height order, one at a time', () => {
  checkTable(commit, context, [
    { from: 'idle', event: sealed(7), to: 'appending', leaves: { sealed: [7] } },
    {
      from: 'appending',
      with: { sealed: [7] },
      event: sealed(8),
      to: 'appending',
      leaves: { sealed: [7, 8] },
    },
    {
      from: 'appending',
      with: { sealed: [7] },
      event: done(commit, 'appending', { number: 7 }),
      to: 'idle',
      leaves: { sealed: [], tip: 7 },
    },
    {
      from: 'appending',
      with: { sealed: [7, 8] },
      event: done(commit, 'appending', { number: 7 }),
      to: 'appending',
      leaves: { sealed: [8], tip: 7 },
    },
  ])
})

test('the chain goes on above the height that blocks were taken back to', () => {
  checkTable(commit, context, [
    { from: 'idle', event: { type: 'blocks.aborted', height: 3 }, to: 'idle', leaves: { tip: 3 } },
    { from: 'idle', with: { tip: 3 }, event: sealed(4), to: 'appending' },
  ])
})

test('a missing height or a failed append ends the node', () => {
  checkTable(commit, context, [
    { from: 'idle', event: sealed(9), to: 'broken' },
    {
      from: 'appending',
      with: { sealed: [7] },
      event: failed(commit, 'appending', 'bug'),
      to: 'broken',
    },
  ])
})

test.run()
