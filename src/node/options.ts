/**
 * What a chain is started with. The command line, the environment and specs all end in this.
 */
export type BlockGeneration =
  /** A block closes as soon as nothing admitted is waiting. */
  | { mode: 'auto' }
  /** After each transaction. */
  | { mode: 'transaction' }
  /** When it is asked for. */
  | { mode: 'demand' }
  /** At fixed times, with or without transactions. */
  | { mode: 'interval'; intervalMs: number }

export interface ChainOptions {
  /** Chooses the predeployed accounts. */
  seed: number
  accounts: number
  /** Of either token for each account, in its smallest unit. */
  initialBalance: bigint
  /** Chain name as a felt. */
  chainId: bigint
  blockGeneration: BlockGeneration
  /** Folders with compiled classes for declares to come. */
  casmDirs: readonly string[]
  /** Executor threads; 0 executes sequentially. */
  workers: number
  /** Threads for calls, simulations and estimates, beside the one that validates; 1 if not given. */
  simulators?: number
  /** How contracts run: hot ones compiled, which needs workers, or all interpreted. Results are the same. */
  vm?: 'compiled' | 'interpreter'
  /** Time of genesis in Unix seconds; null is now. */
  startTime: number | null
  /** Price of each kind of gas, in wei and in fri. */
  gasPrice: bigint
  /** Folder of the chain; null keeps it in memory. */
  dataDir: string | null
}
