/**
 * A chain and its border together: the methods on the chain, served over HTTP.
 */
import { type PredeployedAccount, predeployedAccounts } from './accounts.ts'
import type { Chain } from './chain.ts'
import type { NodeConfig } from './config.ts'
import { defaultRequestLimits } from './context.ts'
import { methodsOf } from './methods.ts'
import { defaultServerOptions, type RunningServer, serve } from './server.ts'
import { UsageError } from './usage-error.ts'

export interface RunningNode extends RunningServer {
  url: string
  accounts: PredeployedAccount[]
}

/** Serves the chain; refuses in one sentence when the port cannot be had. */
export async function startNode(chain: Chain, config: NodeConfig): Promise<RunningNode> {
  const { seed, accounts: count, initialBalance } = config.chain
  // A chain that goes on has the accounts that it was started with, whatever was asked for now.
  const state = chain.stateOf('pre_confirmed')
  const accounts = predeployedAccounts(seed, count).filter(
    ({ address }) => state.classHashAt(address) !== 0n,
  )
  const { host, port, isDevelopment } = config
  const limits = defaultRequestLimits
  const methods = methodsOf({ chain, accounts, initialBalance, limits, isDevelopment })
  try {
    const server = await serve(methods, { ...defaultServerOptions, host, port }, () =>
      chain.notReady(),
    )
    return { ...server, accounts, url: `http://${urlHost(host)}:${server.port}` }
  } catch (error) {
    throw new UsageError(whyNot(error as NodeJS.ErrnoException, host, port))
  }
}

function whyNot(error: NodeJS.ErrnoException, host: string, port: number): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `port ${port} of ${host} is in use; choose another with --port, or 0 for any free one`
    case 'EACCES':
      return `port ${port} of ${host} may not be used by this user; choose another with --port`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${host} is no address of this machine; choose another with --host`
    default:
      return `cannot listen on port ${port} of ${host}: ${error.message}`
  }
}

/** IPv6 addresses stand in brackets. */
function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
