/**
 * The crypto kernels: the exports of the module `crypto`.
 *
 * Arguments are addresses of cells or of bytes in the shared memory; results are canonical cells. No export
 * allocates and none throws: what can fail returns a status.
 */
export { forgetBases } from './bases'
export { blake2sAbsorb, blake2sBlock, blake2sFinish, blake2sStart } from './blake2s'
export { cellDiv, cellInvert, cellMul } from './cell-field'
export { cellAdd, cellLess, cellNegate, cellSub } from './cell'
export { curveY, ecOp, forgetEcOps, generatorMul, verifySums } from './ecop'
export {
  f29Add,
  f29Difference,
  f29Mul,
  f29MulSub,
  f29Scale,
  f29Square,
  f29Sub,
  f29SubFolded,
  f29SubTwice,
} from './field29'
export { f29FromCell, f29Pack, f29ToCell, f29Unpack } from './field29-border'
export { f29Invert } from './field29-invert'
export { f29IsZero, f29Reduce } from './field29-reduce'
export {
  keccakAbsorbBytes,
  keccakAbsorbCells,
  keccakF,
  keccakMasked,
  keccakResult,
  keccakStart,
} from './keccak'
export {
  BATCH_HASHES,
  byteConstants,
  init,
  IO_CELLS,
  missedHashes,
  pedersenTable,
  randomPoints,
  SCRATCH_BYTES,
  secpConstants,
  TABLES_BYTES,
} from './layout'
export {
  forgetHashes,
  forgetOwnHashes,
  pedersen,
  pedersenAhead,
  pedersenBatch,
  pedersenFresh,
} from './pedersen'
export {
  poseidonAbsorb,
  poseidonBuild,
  poseidonFinish,
  poseidonMany,
  poseidonPair,
  poseidonPermute,
  poseidonStart,
} from './poseidon'
export { fieldSqrt, rootBuild } from './root'
export { secpAdd, secpCanonical, secpFromX, secpMul, secpNew, secpXy } from './secp'
export { k1Mul, k1Square } from './secp-k1'
export { r1Mul, r1Square } from './secp-r1'
export { sha256Block } from './sha256'
export { sha512Block } from './sha512'
export { pointsBuild } from './tables'
