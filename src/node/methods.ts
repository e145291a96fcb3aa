/**
 * All methods in one table, by name. What is not in it does not exist (-32601): there are no empty ones.
 */
import type { NodeContext } from './context.ts'
import type { Methods } from './json-rpc.ts'
import { blockMethods } from './methods/blocks.ts'
import { devnetMethods } from './methods/devnet.ts'
import { eventMethods } from './methods/events.ts'
import { executionMethods } from './methods/execution.ts'
import { nodeMethods } from './methods/node.ts'
import { proofMethods } from './methods/proofs.ts'
import { stateMethods } from './methods/state.ts'
import { transactionMethods } from './methods/transactions.ts'
import { writeMethods } from './methods/write.ts'

/** The methods of a node for development. */
export function methodsOf(context: NodeContext): Methods {
  return new Map(
    Object.entries({
      ...nodeMethods(context),
      ...blockMethods(context),
      ...transactionMethods(context),
      ...stateMethods(context),
      ...proofMethods(context),
      ...eventMethods(context),
      ...executionMethods(context),
      ...writeMethods(context),
      ...devnetMethods(context),
    }),
  )
}
