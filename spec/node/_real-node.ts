/**
 * A whole node in the process of the spec: a chain with its actors and workers, served on a free port, and the client
 * library of applications in front of it.
 */
import { existsSync } from 'node:fs'
import { Account, logger, RpcProvider } from 'starknet'
import { createChain, type RunningChain } from '../../src/main.ts'
import { readCommand } from '../../src/node/config.ts'
import { type RunningNode, startNode } from '../../src/node/start.ts'
import { vectorPath } from '../vectors.ts'
import { misfit, schemaFiles } from './_openrpc.ts'

export interface RealNode {
  chain: RunningChain
  node: RunningNode
  provider: RpcProvider
  /** The predeployed account of that index. */
  account(index: number): Account
  /** The result of a call by hand; throws when it is an error. */
  call<T>(method: string, params?: unknown): Promise<T>
  /** The error of a call by hand; throws when it is a result. */
  refusal(
    method: string,
    params?: unknown,
  ): Promise<{ code: number; message: string; data?: unknown }>
  stop(): Promise<void>
}

// It warns that a young chain has too few transactions to learn a tip from.
logger.setLogLevel('OFF')

/** Starts `fugue dev` with these arguments, on a free port. */
export async function startRealNode(args: string[] = []): Promise<RealNode> {
  const command = readCommand(['dev', '--port', '0', ...args], {}, 1)
  if (command.name !== 'dev') throw new Error('expected the command dev')
  const chain = await createChain(command.config.chain)
  const node = await startNode(chain, command.config)
  const nodeUrl = `${node.url}/rpc`
  const provider = new RpcProvider({
    nodeUrl,
    transactionRetryIntervalFallback: 20,
    blockIdentifier: 'pre_confirmed',
    baseFetch: checkedFetch,
  })
  const post = async (method: string, params: unknown = {}) => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
    return (await fetch(nodeUrl, { method: 'POST', body })).json()
  }
  return {
    chain,
    node,
    provider,
    account: (index) => {
      const { address, privateKey } = node.accounts[index]!
      return new Account({ provider, address: hex(address), signer: hex(privateKey) })
    },
    call: async (method, params) => {
      const { result, error } = (await post(method, params)) as { result: never; error?: object }
      if (error !== undefined) throw new Error(`${method}: ${JSON.stringify(error)}`)
      return result
    },
    refusal: async (method, params) => {
      const { result, error } = (await post(method, params)) as { result: unknown; error: never }
      if (error === undefined) throw new Error(`${method} gave ${JSON.stringify(result)}`)
      return error
    },
    stop: async () => {
      await node.stop()
      await chain.stop()
    },
  }
}

/** Fetches, and throws when the answer does not fit the public API files (where these are there to compare with). */
const checkedFetch: typeof fetch = async (input, init) => {
  const response = await fetch(input, init)
  if (!hasSchemas) return response
  const { method } = JSON.parse(String(init!.body)) as { method: string }
  const answer = (await response.clone().json()) as Parameters<typeof misfit>[1]
  const why = misfit(method, answer)
  if (why !== null) throw new Error(`${method}: ${why}: ${JSON.stringify(answer).slice(0, 2000)}`)
  return response
}

const hasSchemas = schemaFiles.every((file) => existsSync(vectorPath(file)))

export function hex(felt: bigint | number): string {
  return `0x${felt.toString(16)}`
}
