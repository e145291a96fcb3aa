/** Methods that bring transactions to the chain: decoded and checked without state here, then handed over. */
import {
  contractAddress,
  VALIDATE_DECLARE_SELECTOR,
  VALIDATE_DEPLOY_SELECTOR,
  VALIDATE_SELECTOR,
} from '../../starknet/addresses.ts'
import { admissionLimits, refuseAdmission } from '../../starknet/admission.ts'
import type { Transaction } from '../../starknet/transaction.ts'
import type { Chain } from '../chain.ts'
import type { NodeContext } from '../context.ts'
import {
  type Broadcasted,
  decodeDeclare,
  decodeDeployAccount,
  decodeInvoke,
} from '../decode-transaction.ts'
import { hex } from '../encode/felts.ts'
import { hasEntryPoint } from '../entry-points.ts'
import { CLASS_HASH_NOT_FOUND, NON_ACCOUNT, refusal } from '../errors.ts'
import type { Method } from '../json-rpc.ts'

/** The entry point that validates a transaction of each type. */
const VALIDATORS = {
  INVOKE: VALIDATE_SELECTOR,
  DECLARE: VALIDATE_DECLARE_SELECTOR,
  DEPLOY_ACCOUNT: VALIDATE_DEPLOY_SELECTOR,
}

export function writeMethods({ chain }: NodeContext): Record<string, Method> {
  const submit = async (broadcasted: Broadcasted): Promise<string> => {
    const minL2GasPrice = chain.preConfirmed().context.l2GasPrice.fri
    const { transaction, contractClass } = broadcasted
    const refused = refuseAdmission(transaction, broadcasted, { ...admissionLimits, minL2GasPrice })
    if (refused !== null) throw refusal(refused.code, refused.data)
    requireAccount(chain, transaction)
    return hex(await chain.submit(transaction, contractClass))
  }

  return {
    starknet_addInvokeTransaction: {
      parameters: ['invoke_transaction'],
      answer: async (parameters) => ({
        transaction_hash: await submit(parameters.get('invoke_transaction', decodeInvoke)),
      }),
    },
    starknet_addDeclareTransaction: {
      parameters: ['declare_transaction'],
      answer: async (parameters) => {
        const declare = parameters.get('declare_transaction', decodeDeclare)
        const hash = await submit(declare)
        return { transaction_hash: hash, class_hash: hex(declare.transaction.classHash) }
      },
    },
    starknet_addDeployAccountTransaction: {
      parameters: ['deploy_account_transaction'],
      answer: async (parameters) => {
        const deploy = parameters.get('deploy_account_transaction', decodeDeployAccount)
        const hash = await submit(deploy)
        const { classHash, contractAddressSalt, constructorCalldata } = deploy.transaction
        const address = contractAddress(0n, contractAddressSalt, classHash, constructorCalldata)
        return { transaction_hash: hash, contract_address: hex(address) }
      },
    },
  }
}

/** Refuses a class that does not exist, and a sender that could not validate: contracts other than accounts. */
function requireAccount(chain: Chain, transaction: Transaction): void {
  const state = chain.stateOf('pre_confirmed')
  const isDeployment = transaction.type === 'DEPLOY_ACCOUNT'
  if (isDeployment && state.compiledClassHashAt(transaction.classHash) === 0n) {
    throw refusal(CLASS_HASH_NOT_FOUND)
  }
  // A sender without class may be deployed by a transaction that waits; the chain looks at that.
  const classHash = isDeployment
    ? transaction.classHash
    : state.classHashAt(transaction.senderAddress)
  const known = classHash === 0n ? null : chain.classByHash(classHash)
  if (known !== null && !hasEntryPoint(known, VALIDATORS[transaction.type])) {
    throw refusal(NON_ACCOUNT)
  }
}
