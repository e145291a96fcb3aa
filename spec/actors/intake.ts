/** The truth table of intake. */
import { test } from 'uvu'
import { intake } from '../../actors/intake.ts'
import { checkTable, done, failed } from './_table.ts'

const context = { admitted: 5, waiting: false }
const batch = (admitted: number, waiting: number) => done(intake, 'checking', { admitted, waiting })

test('submissions that arrive while a batch is checked form the next batch', () => {
  checkTable(intake, context, [
    { from: 'idle', event: { type: 'transactions.arrived' }, to: 'checking' },
    {
      from: 'checking',
      event: { type: 'transactions.arrived' },
      to: 'checking',
      leaves: { waiting: true },
    },
    { from: 'checking', event: batch(3, 0), to: 'idle', leaves: { admitted: 8 } },
    { from: 'checking', event: batch(0, 0), to: 'idle', leaves: { admitted: 5 } },
    {
      from: 'checking',
      event: batch(3, 2),
      to: 'checking',
      leaves: { admitted: 8, waiting: false },
    },
    { from: 'checking', with: { waiting: true }, event: batch(0, 0), to: 'checking' },
  ])
})

test('after a stop or a failure nothing is admitted', () => {
  checkTable(intake, context, [
    { from: 'idle', event: { type: 'sequencer.stop' }, to: 'closed' },
    { from: 'checking', event: { type: 'sequencer.stop' }, to: 'closed' },
    { from: 'checking', event: failed(intake, 'checking', new Error('bug')), to: 'closed' },
    { from: 'closed', event: { type: 'transactions.arrived' }, to: 'closed' },
  ])
})

test.run()
