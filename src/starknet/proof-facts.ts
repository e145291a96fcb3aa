/**
 * The facts that a client-side proof states, checked against the chain. The proof itself was checked before admission.
 *
 *     proof version, 'VIRTUAL_SNOS', program hash, 'VIRTUAL_SNOS0', block number, block hash, config hash, more
 */
import { CELL_WORDS, readCellWords, writeCellWords } from '../felt/cell.ts'
import { decodeShortString, encodeShortString } from '../felt/felt.ts'
import { blake2sFelts, pedersenArray } from '../felt/hash.ts'
import type { RejectionKind } from './execution.ts'
import { BLOCK_HASHES_CELL, type Run } from './run.ts'
import type { TransactionInput } from './transaction-input.ts'
import { compareVersions } from './versioned-constants.ts'

const VIRTUAL_SNOS = encodeShortString('VIRTUAL_SNOS')
const OUTPUT_VERSION = encodeShortString('VIRTUAL_SNOS0')
const KNOWN_PROOF_VERSIONS = ['PROOF0', 'PROOF1', 'PROOF2'].map(encodeShortString)
const FACT_COUNT = 7
const U64_END = 1n << 64n

/** Checks the facts of a transaction that has some. */
export function checkProofFacts(
  run: Run,
  input: TransactionInput,
): { kind: RejectionKind; text: string } | 'blocked' | null {
  const facts = factsOf(input)
  const text = malformed(facts) ?? disallowed(run, facts)
  if (text !== null) return refusal(text)
  const [, , , , number, hash] = facts as [bigint, bigint, bigint, bigint, bigint, bigint]
  const newest = run.block.context.number - run.block.constants.blockHashDistance
  if (number > BigInt(Math.max(0, newest))) {
    return refusal(
      `The proof block number ${number} is too recent. The maximum allowed block number is ${newest}.`,
    )
  }
  if (hash === 0n) return refusal(`Proof block hash is zero for block ${number}.`)
  writeCellWords(scratch, 0, number)
  const slot = run.storageSlot(run.block.cells, BLOCK_HASHES_CELL, scratch, 0)
  if (!run.state.load(slot)) return 'blocked'
  const stored = readCellWords(run.state.values, slot * CELL_WORDS)
  if (hash !== stored) {
    return refusal(
      `Block hash mismatch for block ${number}. Proof block hash: ${hash}, stored block hash: ${stored}.`,
    )
  }
  const expected = configHash(run)
  if (facts[6] === expected) return null
  return refusal(
    `Virtual OS config hash mismatch. Computed virtual OS config hash: ${expected}, expected virtual OS config hash: ${facts[6]}.`,
  )
}

function factsOf(input: TransactionInput): bigint[] {
  const end = input.listsEnd
  return Array.from({ length: input.proofFactsCount }, (_, i) =>
    readCellWords(input.words, end - (input.proofFactsCount - i) * CELL_WORDS),
  )
}

/** Why the list is no list of facts, or null. */
function malformed(facts: bigint[]): string | null {
  const parse = (text: string) => `ProofFacts parse error: ${text}`
  const [version, kind, , output, number] = facts
  if (facts.length < 2) {
    return parse(`Proof facts must have at least 2 fields, got ${facts.length}`)
  }
  if (!KNOWN_PROOF_VERSIONS.includes(version!)) {
    const known = KNOWN_PROOF_VERSIONS.map(named).join(', ')
    return parse(`Expected first field to be one of ${known}, but got ${version}`)
  }
  if (kind !== VIRTUAL_SNOS) {
    return parse(
      `Non-SNOS proofs are not currently supported. Expected second field to be ${VIRTUAL_SNOS} (VIRTUAL_SNOS), but got ${kind}`,
    )
  }
  if (facts.length < FACT_COUNT) {
    return parse(`SNOS proof facts is too small with ${facts.length} fields`)
  }
  if (output !== OUTPUT_VERSION) {
    return parse(
      `Expected SNOS proof facts version to be ${OUTPUT_VERSION} (VIRTUAL_OS_OUTPUT_VERSION), but got ${output}`,
    )
  }
  if (number! >= U64_END) return parse(`Block number field is not a valid u64: ${number}`)
  return null
}

/** Why this protocol version does not take them, or null. */
function disallowed(run: Run, [version, , program]: bigint[]): string | null {
  const { allowedProofVersions, allowedProgramHashes } = run.block.constants
  if (!allowedProofVersions.includes(version!)) {
    return `Proof version ${named(version!)} is not allowed under this protocol version.`
  }
  if (!allowedProgramHashes.includes(program!)) {
    return `Virtual OS program hash ${program} is not allowed`
  }
  return null
}

function configHash(run: Run): bigint {
  const { chainId, strkAddress, starknetVersion } = run.block.context
  if (compareVersions(starknetVersion, '0.14.3') < 0) {
    return pedersenArray([encodeShortString('StarknetOsConfig3'), chainId, strkAddress])
  }
  return blake2sFelts([encodeShortString('StarknetOsConfig4'), chainId, strkAddress])
}

function named(felt: bigint): string {
  return `${felt} (${decodeShortString(felt)})`
}

function refusal(text: string): { kind: RejectionKind; text: string } {
  return { kind: 'validation', text: `Invalid proof facts: ${text}` }
}

const scratch = new Int32Array(CELL_WORDS)
