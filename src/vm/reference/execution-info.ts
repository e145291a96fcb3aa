/**
 * The segments of get_execution_info, laid out at the first request of a call; later ones get the same pointer.
 *
 *     block (3) · signature · [bounds · paymaster · deployment data · proof facts] · transaction (19) · info (5)
 *
 * The bracketed lists exist for transactions of version 3; before, their cells are 0.
 */
import type { Frame } from './frame.ts'
import { feltsOf } from './requests.ts'
import { readOnlySegment } from './response.ts'
import type { Pointer, Value } from './value.ts'

export function executionInfo(frame: Frame): Pointer {
  frame.executionInfo ??= layOut(frame)
  return frame.executionInfo
}

function layOut(frame: Frame): Pointer {
  const info = frame.host.executionInfo()
  const call = feltsOf(info.call)
  const transaction = feltsOf(info.transaction)
  const [version, account, maxFee, hash, chainId, nonce, tip, nonceMode, feeMode] = transaction as [
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
  ]
  const bounds = feltsOf(info.resourceBounds)
  const others = [info.paymasterData, info.accountDeploymentData, info.proofFacts].map(feltsOf)
  const [block] = readOnlySegment(frame, feltsOf(info.block))
  const signature = readOnlySegment(frame, feltsOf(info.signature))
  let tail: Value[] = new Array<bigint>(11).fill(0n)
  if (bounds.length > 0) {
    const [start, end] = readOnlySegment(frame, bounds)
    const [paymaster, deployment, proof] = others.map((felts) => readOnlySegment(frame, felts))
    tail = [start, end, tip, ...paymaster!, nonceMode, feeMode, ...deployment!, ...proof!]
  }
  const head = [version, account, maxFee, ...signature, hash, chainId, nonce]
  const [transactionInfo] = readOnlySegment(frame, [...head, ...tail])
  return readOnlySegment(frame, [block, transactionInfo, ...call])[0]
}
