/**
 * A small block of what most blocks are made of, transfers of signing accounts, for executors to warm up on.
 *
 * Invariant: its classes have made-up hashes, so that they never stand in for a class that somebody declared.
 */
import type { BlockInput, Change } from '../executor/block.ts'
import type { ClassMessage } from '../starknet/machine.ts'
import { bundleClasses, bundleInput, bundleState } from './run-bundle.ts'
import { buildWorkload } from './starknet-workloads.ts'

/** Few: a worker that is called ends the block first. */
const TRANSACTIONS = 20

export interface WarmBlock {
  messages: ClassMessage[]
  input: BlockInput
  state: Change[]
}

export function warmBlock(): WarmBlock {
  const shape = { transactions: TRANSACTIONS, accounts: 2 * TRANSACTIONS, seed: 1 }
  const bundle = buildWorkload('transfers-signed', shape)
  const { state } = bundle
  const renamed = {
    ...bundle,
    classes: bundle.classes.map((one) => ({ ...one, classHash: madeUp(one.classHash) })),
    state: {
      ...state,
      deployedContracts: mapped(state.deployedContracts, ([address, hash]) => [
        address,
        madeUp(hash),
      ]),
      declaredClasses: mapped(state.declaredClasses, ([hash, compiled]) => [
        madeUp(hash),
        compiled,
      ]),
    },
  }
  return {
    messages: bundleClasses(renamed),
    input: bundleInput(renamed),
    // Changes look into shared pieces, which would cross to a worker whole.
    state: bundleState(renamed).map(({ key, before, after }) => ({
      key: key.slice(),
      before: before.slice(),
      after: after.slice(),
    })),
  }
}

/** Another hash, which is that of no class. */
function madeUp(classHash: bigint): bigint {
  return classHash ^ (0x7761726d7570n << 128n)
}

function mapped(
  map: Map<bigint, bigint>,
  change: (entry: [bigint, bigint]) => [bigint, bigint],
): Map<bigint, bigint> {
  return new Map([...map].map(change))
}
