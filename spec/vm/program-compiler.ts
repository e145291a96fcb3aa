/**
 * The thread that compiles programs may die of one of them: all others are compiled, that one is not asked for again.
 */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { ProgramImage } from '../../src/vm/host.ts'
import { buildProgramImage } from '../../src/vm/program.ts'
import { ProgramCompiler } from '../../workers/program-compiler.ts'
import { leafCasm } from './_programs.ts'

test('the compiler outlives a program that kills its thread', async () => {
  const published: string[] = []
  let arrived = () => {}
  const compiler = new ProgramCompiler(({ image }) => {
    published.push(image)
    arrived()
  })
  /** Resolves when so many are there; its timer keeps the process alive, which the thread does not. */
  const arrivals = (count: number) =>
    new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`only ${published} came`)), 30_000)
      arrived = () => {
        if (published.length < count) return
        clearTimeout(timer)
        resolve()
      }
    })
  const image = buildProgramImage(leafCasm())
  const deadly: ProgramImage = { ...image, buffer: new SharedArrayBuffer(8) }
  try {
    const three = arrivals(3)
    compiler.want({ hash: 'first', image })
    compiler.want({ hash: 'deadly', image: deadly })
    compiler.want({ hash: 'second', image })
    compiler.want({ hash: 'deadly too', image: deadly })
    compiler.want({ hash: 'third', image })
    await three
    assert.equal(published, ['first', 'second', 'third'])

    let posted = 0
    const again = {
      hash: 'deadly',
      get image() {
        posted++
        return deadly
      },
    }
    compiler.want(again)
    assert.is(posted, 0)
    const four = arrivals(4)
    compiler.want({ hash: 'fourth', image })
    await four
    assert.equal(
      [...compiler.modules].map((made) => made.image),
      published,
    )
  } finally {
    await compiler.stop()
  }
})

test.run()
