/**
 * What the methods work on: the chain, the accounts that were funded at genesis, and the limits of one request.
 */
import type { PredeployedAccount } from './accounts.ts'
import type { Chain } from './chain.ts'

export interface NodeContext {
  chain: Chain
  accounts: readonly PredeployedAccount[]
  /** Given to each account at genesis, in the smallest unit of either token. */
  initialBalance: bigint
  limits: RequestLimits
  /** Whether what was accepted may be taken back by a request: where nobody relies on it. */
  isDevelopment: boolean
}

export interface RequestLimits {
  /** Events on a page. */
  eventPage: number
  /** Positions of an event filter's keys. */
  keyPositions: number
  /** Keys of a storage proof. */
  proofKeys: number
}

export const defaultRequestLimits: RequestLimits = {
  eventPage: 1024,
  keyPositions: 16,
  proofKeys: 100,
}
