/**
 * Bundles: a block on a made-up state, in the JSON that the real Blockifier's command line takes, so that one file runs
 * under both.
 *
 *     readBundle(file, class folders) ──▶ state before, classes, block, transactions (hashed, with their facts)
 *
 * The hash of block N-10, which block N writes when it opens, is kept apart from the state before.
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { encodeShortString } from '../felt/felt.ts'
import { ALIAS_CONTRACT, BLOCK_HASH_CONTRACT, contractAddress } from '../starknet/addresses.ts'
import type { BlockContext, ExecutionFlags } from '../starknet/block-context.ts'
import { compiledClassHashes, sierraClassHash } from '../starknet/class-hash.ts'
import type { TransactionFacts } from '../starknet/encoded-transaction.ts'
import type { StateDiff } from '../starknet/execution.ts'
import { codeSizeOf } from '../starknet/gas.ts'
import {
  type L1HandlerTransaction,
  legacyTransactionHash,
} from '../starknet/legacy-transaction-hash.ts'
import { emptyStateDiff } from '../starknet/state-diff.ts'
import type { ResourceBound, SierraClass, Transaction } from '../starknet/transaction.ts'
import { transactionHash } from '../starknet/transaction-hash.ts'
import { compareVersions } from '../starknet/versioned-constants.ts'

/** A class of a bundle. */
export interface BundleClass {
  classHash: bigint
  /** Parsed CASM. */
  casm: unknown
  sierraVersion: readonly [number, number, number]
  /** What the state holds, if it is declared. */
  compiledClassHash: bigint
  poseidon: bigint
  blake: bigint
  codeSizeBytes: number
  declared: boolean
}

/** A transaction with its hash and facts, or a message from L1. */
export interface BundleTransaction {
  type: string
  hash: bigint
  /** Null for a message. */
  transaction: Transaction | null
  facts: TransactionFacts
  message?: { transaction: L1HandlerTransaction; paidFee: bigint }
}

export interface Bundle {
  context: BlockContext
  flags: ExecutionFlags
  classes: BundleClass[]
  /** The state before the block as a diff against nothing. */
  state: StateDiff
  /** Number and hash that the block writes to contract 0x1 when it opens. */
  oldBlockHash: { number: bigint; hash: bigint } | null
  transactions: BundleTransaction[]
}

// biome-ignore lint/suspicious/noExplicitAny: fields of the file are read once, below, and checked by their use.
type Json = any

const BLOCK_HASH_LAG = 10

/** Reads a bundle. `classFolders` are the places where npm packages are looked for. */
export function readBundle(file: string, classFolders: string[] = []): Bundle {
  const raw: Json = JSON.parse(readFileSync(file, 'utf8'))
  const context = contextOf(raw)
  const load = (source: Json) => loadJson(source, dirname(file), classFolders)
  const classes: BundleClass[] = raw.classes.map((entry: Json) =>
    classOf(entry, load, context.starknetVersion),
  )
  const { state, oldBlockHash } = stateOf(raw, classes)
  const byHash = new Map(classes.map((entry) => [entry.classHash, entry]))
  const transactions = raw.transactions.map((entry: Json) => transactionOf(entry, context, byHash))
  const flags = {
    validate: raw.flags?.validate ?? true,
    chargeFee: raw.flags?.charge_fee ?? true,
    strictNonce: true,
  }
  return { context, flags, classes, state, oldBlockHash, transactions }
}

function contextOf(raw: Json): BlockContext {
  const { block, fee_tokens } = raw
  const price = (pair: Json) => ({ wei: BigInt(pair.wei), fri: BigInt(pair.fri) })
  return {
    number: block.number,
    timestamp: block.timestamp,
    sequencerAddress: BigInt(block.sequencer_address),
    chainId: raw.chain_id.startsWith('0x') ? BigInt(raw.chain_id) : encodeShortString(raw.chain_id),
    starknetVersion: raw.starknet_version,
    l1GasPrice: price(block.l1_gas_price),
    l1DataGasPrice: price(block.l1_data_gas_price),
    l2GasPrice: price(block.l2_gas_price),
    useKzgDa: block.use_kzg_da ?? true,
    strkAddress: BigInt(fee_tokens.strk),
    ethAddress: BigInt(fee_tokens.eth),
  }
}

function stateOf(
  raw: Json,
  classes: BundleClass[],
): { state: StateDiff; oldBlockHash: Bundle['oldBlockHash'] } {
  const state = emptyStateDiff()
  for (const { address, class_hash, nonce, storage } of raw.contracts ?? []) {
    const contract = BigInt(address)
    if (class_hash !== undefined) state.deployedContracts.set(contract, BigInt(class_hash))
    if (nonce !== undefined) state.nonces.set(contract, BigInt(nonce))
    const cells = Object.entries(storage ?? {}).map(
      ([key, value]) => [BigInt(key), BigInt(value as string)] as const,
    )
    state.storage.set(contract, new Map(cells))
  }
  const hashes = state.storage.get(BLOCK_HASH_CONTRACT) ?? new Map<bigint, bigint>()
  let oldBlockHash: Bundle['oldBlockHash'] = null
  for (const { number, hash } of raw.old_block_hash ?? []) {
    const pair = { number: BigInt(number), hash: BigInt(hash) }
    if (number + BLOCK_HASH_LAG === raw.block.number) oldBlockHash = pair
    else hashes.set(pair.number, pair.hash)
  }
  state.storage.set(BLOCK_HASH_CONTRACT, hashes)
  if (!state.storage.has(ALIAS_CONTRACT)) state.storage.set(ALIAS_CONTRACT, new Map())
  for (const { classHash, compiledClassHash, declared } of classes) {
    if (declared) state.declaredClasses.set(classHash, compiledClassHash)
  }
  return { state, oldBlockHash }
}

function classOf(entry: Json, load: (source: Json) => Json, version: string): BundleClass {
  const casm = load(entry.casm)
  const sierra = entry.sierra == null ? null : sierraOf(load(entry.sierra))
  const { poseidon, blake } = hashesOf(entry.casm, casm)
  const stored = entry.compiled_class_hash
  const usesBlake = compareVersions(version, '0.14.1') >= 0
  const compiledClassHash =
    stored === undefined
      ? usesBlake
        ? blake
        : poseidon
      : stored === 'blake'
        ? blake
        : stored === 'poseidon'
          ? poseidon
          : BigInt(stored)
  return {
    classHash: entry.class_hash === undefined ? sierraClassHash(sierra!) : BigInt(entry.class_hash),
    casm,
    sierraVersion: versionOf(entry.sierra_version, sierra),
    compiledClassHash,
    poseidon,
    blake,
    codeSizeBytes: codeSizeOf(
      casm.bytecode.length,
      sierra === null ? 1 : sierra.sierraProgram.length,
      sierra === null ? 0 : Buffer.byteLength(sierra.abi),
    ),
    declared: entry.declared ?? true,
  }
}

/** Hashes of CASM files that bundles named before: many share their classes. */
const hashed = new Map<string, { poseidon: bigint; blake: bigint }>()

function hashesOf(source: Json, casm: Json): { poseidon: bigint; blake: bigint } {
  if (source.npm === undefined && typeof source !== 'string') return compiledClassHashes(casm)
  const key = JSON.stringify([source, casm.bytecode.length])
  let hashes = hashed.get(key)
  if (hashes === undefined) hashed.set(key, (hashes = compiledClassHashes(casm)))
  return hashes
}

function versionOf(
  stated: string | undefined,
  sierra: SierraClass | null,
): readonly [number, number, number] {
  if (stated !== undefined) return stated.split('.').map(Number) as [number, number, number]
  const first = sierra?.sierraProgram.slice(0, 3).map(Number) ?? [1, 7, 0]
  // The oldest programs begin with the text '0.1.0' where later ones have three numbers.
  return first[0]! > 255 ? [0, 1, 0] : (first as [number, number, number])
}

/** A Sierra class file. Where the ABI is a list, its text is that of Python's JSON. */
function sierraOf(json: Json): SierraClass {
  const entryPoints = (type: string) =>
    json.entry_points_by_type[type].map((entryPoint: Json) => ({
      selector: BigInt(entryPoint.selector),
      functionIdx: entryPoint.function_idx,
    }))
  return {
    sierraProgram: json.sierra_program.map(BigInt),
    contractClassVersion: json.contract_class_version,
    entryPointsByType: {
      external: entryPoints('EXTERNAL'),
      l1Handler: entryPoints('L1_HANDLER'),
      constructor: entryPoints('CONSTRUCTOR'),
    },
    abi: typeof json.abi === 'string' ? json.abi : json.abi === undefined ? '' : spaced(json.abi),
  }
}

function transactionOf(
  raw: Json,
  context: BlockContext,
  classes: Map<bigint, BundleClass>,
): BundleTransaction {
  if (raw.type === 'L1_HANDLER') {
    const transaction = {
      type: 'L1_HANDLER' as const,
      version: BigInt(raw.version),
      contractAddress: BigInt(raw.contract_address),
      entryPointSelector: BigInt(raw.entry_point_selector),
      calldata: raw.calldata.map(BigInt) as bigint[],
      nonce: BigInt(raw.nonce),
    }
    const hash = legacyTransactionHash(transaction, context.chainId)
    const paidFee = BigInt(raw.paid_fee_on_l1 ?? 0)
    return { type: raw.type, hash, transaction: null, facts: {}, message: { transaction, paidFee } }
  }
  const felts = (list: Json) => (list ?? []).map(BigInt) as bigint[]
  const common = {
    version: BigInt(raw.version),
    nonce: BigInt(raw.nonce),
    signature: felts(raw.signature),
    resourceBounds: {
      l1Gas: boundOf(raw.resource_bounds.l1_gas),
      l2Gas: boundOf(raw.resource_bounds.l2_gas),
      l1DataGas:
        raw.resource_bounds.l1_data_gas === undefined
          ? null
          : boundOf(raw.resource_bounds.l1_data_gas),
    },
    tip: BigInt(raw.tip),
    paymasterData: felts(raw.paymaster_data),
    nonceDataAvailabilityMode: raw.nonce_data_availability_mode,
    feeDataAvailabilityMode: raw.fee_data_availability_mode,
  }
  let transaction: Transaction
  let facts: TransactionFacts = {}
  if (raw.type === 'INVOKE') {
    transaction = {
      ...common,
      type: 'INVOKE',
      senderAddress: BigInt(raw.sender_address),
      calldata: felts(raw.calldata),
      accountDeploymentData: felts(raw.account_deployment_data),
      proofFacts: felts(raw.proof_facts),
    }
  } else if (raw.type === 'DECLARE') {
    const classHash =
      raw.class_hash === undefined
        ? sierraClassHash(sierraOf(raw.contract_class))
        : BigInt(raw.class_hash)
    transaction = {
      ...common,
      type: 'DECLARE',
      senderAddress: BigInt(raw.sender_address),
      classHash,
      compiledClassHash: BigInt(raw.compiled_class_hash),
      accountDeploymentData: felts(raw.account_deployment_data),
    }
    const declared = classes.get(classHash)!
    facts = { compiledClassHash: declared.blake, codeSizeBytes: declared.codeSizeBytes }
  } else {
    const classHash = BigInt(raw.class_hash)
    const salt = BigInt(raw.contract_address_salt)
    const calldata = felts(raw.constructor_calldata)
    transaction = {
      ...common,
      type: 'DEPLOY_ACCOUNT',
      classHash,
      contractAddressSalt: salt,
      constructorCalldata: calldata,
    }
    facts = { contractAddress: contractAddress(0n, salt, classHash, calldata) }
  }
  const hash = transactionHash(transaction, context.chainId)
  return { type: raw.type, hash, transaction, facts }
}

function boundOf(raw: Json): ResourceBound {
  return {
    maxAmount: BigInt(raw.max_amount),
    maxPricePerUnit: BigInt(raw.max_price_per_unit),
  }
}

/** The JSON behind a reference: a path, a file of an npm package, or the object itself. */
function loadJson(source: Json, base: string, classFolders: string[]): Json {
  if (typeof source === 'string') return parseFile(resolve(base, source))
  if (source.npm === undefined) return source
  const { npm, file } = source
  const places = classFolders.flatMap((folder) => [
    join(folder, npm, file),
    join(folder, 'node_modules', npm, file),
  ])
  const place = places.find((path) => existsSync(path))
  if (place === undefined) throw new Error(`${npm}/${file} is in none of the class folders`)
  return parseFile(place)
}

/** JSON, also out of a script that assigns one object literal in JSON notation. */
function parseFile(path: string): Json {
  const text = readFileSync(path, 'utf8')
  const isScript = path.endsWith('.js')
  return JSON.parse(isScript ? text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1) : text)
}

/** JSON text with a space after commas and colons, as the class hash wants an ABI. */
function spaced(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const fields = Object.entries(value).map(
    ([key, field]) => `${JSON.stringify(key)}: ${spaced(field)}`,
  )
  return `{${fields.join(', ')}}`
}
