/** Methods that bring transactions to the chain: decoded and checked without state here, then handed over. */
import { contractAddress } from '../../starknet/addresses.ts'
import { admissionLimits, refuseAdmission } from '../../starknet/admission.ts'
import type { NodeContext } from '../context.ts'
import {
  type Broadcasted,
  decodeDeclare,
  decodeDeployAccount,
  decodeInvoke,
} from '../decode-transaction.ts'
import { hex } from '../encode/felts.ts'
import { refusal } from '../errors.ts'
import type { Method } from '../json-rpc.ts'

export function writeMethods({ chain }: NodeContext): Record<string, Method> {
  const submit = async (broadcasted: Broadcasted): Promise<string> => {
    const minL2GasPrice = chain.preConfirmed().context.l2GasPrice.fri
    const { transaction, contractClass } = broadcasted
    const refused = refuseAdmission(transaction, broadcasted, { ...admissionLimits, minL2GasPrice })
    if (refused !== null) throw refusal(refused.code, refused.data)
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
