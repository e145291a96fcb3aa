/**
 * A node on a free port for one spec, and plain calls to it. Answers are checked against nothing here.
 */

import { predeployedAccounts } from '../../src/node/accounts.ts'
import type { Chain } from '../../src/node/chain.ts'
import { defaultRequestLimits } from '../../src/node/context.ts'
import { methodsOf } from '../../src/node/methods.ts'
import { defaultServerOptions, type ServerOptions, serve } from '../../src/node/server.ts'

export interface RpcError {
  code: number
  message: string
  data?: unknown
}

export interface RpcAnswer {
  jsonrpc: string
  id: unknown
  result?: unknown
  error?: RpcError
}

export interface TestNode {
  url: string
  /** The answer to one call. */
  call(method: string, params?: unknown): Promise<RpcAnswer>
  /** Status and body of any request. */
  send(body: string, path?: string, method?: string): Promise<{ status: number; text: string }>
  stop(): Promise<void>
}

export async function startTestNode(
  chain: Chain,
  options: Partial<ServerOptions> = {},
): Promise<TestNode> {
  const context = {
    chain,
    accounts: predeployedAccounts(42, 2),
    initialBalance: 10n ** 21n,
    limits: defaultRequestLimits,
    isDevelopment: true,
  }
  const serverOptions = { ...defaultServerOptions, port: 0, ...options }
  const server = await serve(methodsOf(context), serverOptions, () => null)
  const url = `http://127.0.0.1:${server.port}`
  const send: TestNode['send'] = async (body, path = '/rpc', method = 'POST') => {
    const init = method === 'POST' ? { method, body } : { method }
    const response = await fetch(url + path, init)
    return { status: response.status, text: await response.text() }
  }
  return {
    url,
    send,
    stop: () => server.stop(),
    call: async (method, params) => {
      const { text } = await send(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))
      return JSON.parse(text)
    },
  }
}
