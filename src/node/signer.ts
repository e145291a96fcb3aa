/** Signs what the node itself sends: mints of the development faucet. ECDSA on the Stark curve, deterministic. */
import { sign } from '@scure/starknet'

/** The signature of a transaction hash, as accounts expect it: r, s. */
export function signHash(hash: bigint, privateKey: bigint): [bigint, bigint] {
  const { r, s } = sign(hash.toString(16), privateKey.toString(16))
  return [r, s]
}
