/**
 * Random reorganisations against a node that never had one. For longer searches: `npm run campaign -- aborts`.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { seed } from '../seed.ts'
import { liveWithAborts } from './_random-aborts.ts'

for (const [index, inFolder] of [true, false].entries()) {
  const workers = inFolder ? 2 : 0
  const where = inFolder ? 'in a folder' : 'in memory'
  test(`${where}, ${workers} workers, seed ${seed + index}: as if the aborted blocks had never been`, async () => {
    const life = { seed: seed + index, workers, inFolder, steps: 30 }
    const census = await liveWithAborts(life)
    console.log(`random aborts: seed ${seed + index}, ${JSON.stringify(census)}`)
    assert.ok(census.questions > 500)
  })
}

test.run()
