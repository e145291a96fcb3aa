/**
 * The state as something to read, felt by felt: what cold paths need of it, wherever it is kept.
 */

/** Unwritten cells are 0. */
export interface ReadableState {
  storageAt(contractAddress: bigint, key: bigint): bigint
  nonceAt(contractAddress: bigint): bigint
  /** 0 if nothing is deployed. */
  classHashAt(contractAddress: bigint): bigint
  /** 0 if the class is not declared. */
  compiledClassHashAt(classHash: bigint): bigint
}

/** A state before anything was written. */
export const nothingWritten: ReadableState = {
  storageAt: () => 0n,
  nonceAt: () => 0n,
  classHashAt: () => 0n,
  compiledClassHashAt: () => 0n,
}
