/**
 * What a chain of specs and benches is made of: closed on demand, sequential, in memory and reproducible, unless a spec says
 * otherwise.
 */
import { encodeShortString } from '../../src/felt/felt.ts'
import type { ChainOptions } from '../../src/node/options.ts'

export const chainId = encodeShortString('SN_SEPOLIA')

/** Options of a chain, but for what is given. */
export function chainOptions(changed: Partial<ChainOptions>): ChainOptions {
  return {
    seed: 7,
    accounts: 2,
    initialBalance: 10n ** 21n,
    chainId,
    blockGeneration: { mode: 'demand' },
    casmDirs: [],
    workers: 0,
    startTime: 1_700_000_000,
    gasPrice: 10n ** 9n,
    dataDir: null,
    ...changed,
  }
}
