/**
 * The crypto kernels: the exports of the module `crypto`.
 */
export { cellAdd, cellSub, cellNegate, cellLess } from './cell'
export { cellDiv, cellInvert, cellMul } from './cell-field'
export {
  f29Add,
  f29Difference,
  f29IsZero,
  f29Mul,
  f29One,
  f29Reduce,
  f29Scale,
  f29Square,
  f29Sub,
  f29SubTwice,
} from './field29'
export { f29FromCell, f29ToCell, f29Pack, f29Unpack } from './field29-border'
export { f29Invert } from './field29-invert'
