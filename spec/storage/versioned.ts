/**
 * Versioned cells say what a plain list of all writes says: at every kept height, after undoing, after pruning.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type ChainDatabase, openDatabase } from '../../src/storage/database.ts'
import { decodeKeys, encodeKeys } from '../../src/storage/key-list.ts'
import type { CellWrite } from '../../src/storage/versioned.ts'
import { seed } from '../seed.ts'

console.log(`seed ${seed}`)

const folder = mkdtempSync(join(tmpdir(), 'fugue-versioned-'))
let file = join(folder, 'chain.mdb')
let database: ChainDatabase = openDatabase(file)
const inTransaction = (action: () => void) => database.root.transactionSync(action)

test.after(async () => {
  await database.close()
  rmSync(folder, { recursive: true })
})

test('a cell has the value of each height, and none where it was removed', () => {
  const key = Buffer.from([0, 1])
  const values = [Buffer.from([7]), null, Buffer.from([8, 9])]
  for (const [height, value] of values.entries()) {
    inTransaction(() => database.state.write(height * 10, [[key, value]]))
  }
  const at = (height: number) => database.state.at(key, height)
  assert.equal([0, 9, 10, 19, 20, 99].map(at).map(numbers), [[7], [7], null, null, [8, 9], [8, 9]])
  assert.equal(database.state.versionAt(key, 15), { height: 10, value: null })
  assert.equal(numbers(database.state.newest(key)), [8, 9])
  assert.is(database.state.newest(Buffer.from([0, 2])), null)
  assert.throws(
    () => inTransaction(() => database.state.write(5, [[key, null]])),
    /above block 20, got 5/,
  )
})

test('lists of keys are kept as they are', () => {
  const lists = fc.array(fc.uint8Array({ minLength: 1, maxLength: 70, max: 3 }), { maxLength: 30 })
  fc.assert(
    fc.property(lists, (keys) => {
      keys.sort(Buffer.compare)
      assert.equal(decodeKeys(encodeKeys(keys), 'keys'), keys)
    }),
    { seed, numRuns: 200 },
  )
  const list = encodeKeys([Buffer.from('a key')])
  list[7]! ^= 1
  assert.throws(() => decodeKeys(list, 'these keys'), /these keys do not match their checksum/)
})

type Step = { kind: 'write' | 'revert' | 'prune' | 'reopen'; cells: [number, number][]; by: number }

test('random writes, reverts and prunes read as a list of all writes does', async () => {
  const cell = fc.tuple(fc.nat(12), fc.nat(5))
  const kind = fc.constantFrom('write', 'write', 'write', 'write', 'revert', 'prune', 'reopen')
  const step = fc.record({ kind, cells: fc.array(cell, { maxLength: 8 }), by: fc.nat(6) })
  let checks = 0
  let runs = 0
  const steps = fc.array(step, { minLength: 20, maxLength: 60 }) as fc.Arbitrary<Step[]>
  await fc.assert(
    fc.asyncProperty(steps, async (list) => {
      await database.close()
      file = join(folder, `${runs++}.mdb`)
      database = openDatabase(file)
      const model = new Model()
      for (const { kind, cells, by } of list) {
        if (kind === 'write') {
          const writes = new Map(cells)
          model.blocks.push(writes)
          const height = model.blocks.length - 1
          const entries = [...writes].map(([k, v]): CellWrite => [keyOf(k), bytesOf(v)])
          // In two parts, as state and block hashes may come.
          inTransaction(() => {
            database.state.write(height, entries.slice(0, by))
            database.state.write(height, entries.slice(by))
          })
        } else if (kind === 'revert') {
          model.blocks.length = Math.max(model.blocks.length - by, model.pruned + 1)
          inTransaction(() => database.state.revertAbove(model.blocks.length - 1))
        } else if (kind === 'prune') {
          model.pruned = Math.max(model.pruned, model.blocks.length - 1 - by)
          inTransaction(() => {
            while (!database.state.pruneBelow(model.pruned, 2));
          })
        } else if (by === 0) {
          await database.close()
          database = openDatabase(file)
        }
        for (let height = Math.max(model.pruned, 0); height < model.blocks.length; height++) {
          for (let k = 0; k <= 12; k++) {
            assert.equal(numbers(database.state.at(keyOf(k), height)), model.at(k, height))
            checks++
          }
        }
      }
      // Nothing is kept that nobody can ask for.
      const top = Math.max(model.blocks.length - 1, 0)
      inTransaction(() => database.state.pruneBelow(top))
      const live = [...Array(13).keys()].filter((k) => model.at(k, top) !== null)
      assert.is([...database.state.newestFrom(Buffer.alloc(0))].length, live.length)
      inTransaction(() => {
        for (const k of live) database.state.write(top + 1, [[keyOf(k), null]])
        database.state.pruneBelow(top + 1)
      })
      assert.is([...database.state.newestFrom(Buffer.alloc(0))].length, 0)
    }),
    { seed, numRuns: 10, endOnFailure: true },
  )
  console.log(`${checks} checks`)
})

/** All writes by height; heights below `pruned` may not be read, it itself not be undone. */
class Model {
  readonly blocks: Map<number, number>[] = []
  pruned = -1

  at(key: number, height: number): number[] | null {
    for (let block = height; block >= 0; block--) {
      const value = this.blocks[block]?.get(key)
      if (value !== undefined) return numbers(bytesOf(value))
    }
    return null
  }
}

/** Keys of several lengths that have no prefixes among them. */
function keyOf(k: number): Uint8Array {
  return Uint8Array.from([k, ...Array(k % 4).fill(k)])
}

function bytesOf(v: number): Uint8Array | null {
  return v === 0 ? null : Uint8Array.from(Array(v).fill(v))
}

function numbers(bytes: Uint8Array | null): number[] | null {
  return bytes === null ? null : [...bytes]
}

test.run()
