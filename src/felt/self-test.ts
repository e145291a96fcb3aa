/**
 * Known answers, asked of the kernels each time tables were made: a machine that computes wrongly refuses to start.
 */
import { CELL_BYTES, CELL_LONGS, readCell, writeCells } from './cell.ts'
import { type Crypto, NOT_SQUARE, OK } from './crypto.ts'
import { CURVE_ORDER, GENERATOR, PEDERSEN_POINTS } from './curve.ts'

/** Throws if a kernel gives another answer than the published one. Takes about a millisecond. */
export function selfTest(crypto: Crypto): void {
  const { cells, scratch } = crypto
  const at = scratch >> 3
  const out = scratch + 8 * CELL_BYTES
  const expectAnswer = (kernel: string, inputs: bigint[], run: () => unknown, answer: bigint) => {
    writeCells(cells, at, inputs)
    run()
    const found = readCell(cells, at + 8 * CELL_LONGS)
    if (found === answer) return
    throw new Error(
      `kernel ${kernel}: expected 0x${answer.toString(16)}, got 0x${found.toString(16)}`,
    )
  }

  expectAnswer(
    'pedersen',
    [
      0x3d937c035c878245caf64531a5756109c53068da139362728feb561405371cbn,
      0x208a0a10250e382e1e4bbe2880906c2791bf6275695e02fbbc6aeff9cd8b31an,
    ],
    () => crypto.pedersen(scratch, scratch + CELL_BYTES, out),
    0x30e480bed5fe53fa909cc0f8c4d99b8f9f2c016be4c41e13a4848797979c662n,
  )
  expectAnswer(
    'poseidon',
    [1n, 2n, 3n],
    () => crypto.poseidonMany(scratch, 3, out),
    0x2f0d8840bcf3bc629598d8a6cc80cb7c0d9e52d93dab244bbf9cd0dca0ad082n,
  )
  expectAnswer(
    'blake2s',
    [1n, 2n],
    () => {
      crypto.blake2sStart()
      crypto.blake2sAbsorb(scratch, 2)
      crypto.blake2sFinish(out)
    },
    0x5534c03a14b214436366f30e9c77b6e56c8835de7dc5aee36957d4384cce66dn,
  )
  expectAnswer(
    'keccak',
    [],
    () => {
      crypto.keccakStart()
      crypto.bytes.fill(0, scratch, scratch + 136)
      crypto.bytes[scratch] = 0x01
      crypto.bytes[scratch + 135] = 0x80
      crypto.keccakAbsorbBytes(scratch, 1)
      crypto.keccakMasked(out)
    },
    // The hash of nothing.
    0x1d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470n,
  )
  expectAnswer(
    'sqrt',
    [3n * 9n],
    () => {
      if (crypto.fieldSqrt(scratch, out) !== NOT_SQUARE) cells[at + 8 * CELL_LONGS] = 0n
    },
    9n,
  )
  const [shift] = PEDERSEN_POINTS
  for (const [name, blinded] of [
    ['ec_op walked', 0],
    ['ec_op blinded', 1],
  ] as const) {
    // There and back: S + 77 G - 77 G, by the walk and by the table.
    expectAnswer(
      name,
      [shift!.x, shift!.y, GENERATOR.x, GENERATOR.y, 77n],
      () => {
        const status = crypto.ecOp(scratch, out, blinded)
        writeCells(cells, at + 4 * CELL_LONGS, [CURVE_ORDER - 77n])
        cells.copyWithin(at, at + 8 * CELL_LONGS, at + 10 * CELL_LONGS)
        if (status !== OK || crypto.ecOp(scratch, out, blinded) !== OK) {
          throw new Error(`kernel ${name} refused a point`)
        }
      },
      shift!.x,
    )
  }
}
