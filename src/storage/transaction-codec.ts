/**
 * Transactions and Sierra classes as bytes: for stored blocks and for the journal. Each starts with a byte for its form,
 * so that forms to come can be told apart.
 */
import type {
  ResourceBound,
  ResourceBounds,
  SierraClass,
  SierraEntryPoint,
  Transaction,
} from '../starknet/transaction.ts'
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'

const forms = ['INVOKE', 'DECLARE', 'DEPLOY_ACCOUNT'] as const
const CLASS_FORM = 1

/** The bytes of a transaction. */
export function encodeTransaction(transaction: Transaction): Buffer {
  const writer = new ByteWriter(512)
  writeTransaction(writer, transaction)
  return writer.written
}

/** The transaction of `encodeTransaction`'s bytes. */
export function decodeTransaction(bytes: Uint8Array): Transaction {
  return readTransaction(new ByteReader(bytes))
}

/** Writes a transaction after what was written before. */
export function writeTransaction(writer: ByteWriter, transaction: Transaction): void {
  writer.byte(forms.indexOf(transaction.type))
  writer.number(transaction.version)
  writer.number(transaction.nonce)
  writer.numbers(transaction.signature)
  writeBounds(writer, transaction.resourceBounds)
  writer.number(transaction.tip)
  writer.numbers(transaction.paymasterData)
  const { nonceDataAvailabilityMode, feeDataAvailabilityMode } = transaction
  writer.byte(
    (nonceDataAvailabilityMode === 'L2' ? 1 : 0) | (feeDataAvailabilityMode === 'L2' ? 2 : 0),
  )
  switch (transaction.type) {
    case 'INVOKE':
      writer.number(transaction.senderAddress)
      writer.numbers(transaction.calldata)
      writer.numbers(transaction.accountDeploymentData)
      writer.numbers(transaction.proofFacts)
      break
    case 'DECLARE':
      writer.number(transaction.senderAddress)
      writer.number(transaction.classHash)
      writer.number(transaction.compiledClassHash)
      writer.numbers(transaction.accountDeploymentData)
      break
    case 'DEPLOY_ACCOUNT':
      writer.number(transaction.classHash)
      writer.number(transaction.contractAddressSalt)
      writer.numbers(transaction.constructorCalldata)
      break
  }
}

/** Reads a transaction. */
export function readTransaction(reader: ByteReader): Transaction {
  const form = reader.byte()
  const common = {
    version: reader.number(),
    nonce: reader.number(),
    signature: reader.numbers(),
    resourceBounds: readBounds(reader),
    tip: reader.number(),
    paymasterData: reader.numbers(),
    ...readModes(reader.byte()),
  }
  switch (forms[form]) {
    case 'INVOKE':
      return {
        type: 'INVOKE',
        ...common,
        senderAddress: reader.number(),
        calldata: reader.numbers(),
        accountDeploymentData: reader.numbers(),
        proofFacts: reader.numbers(),
      }
    case 'DECLARE':
      return {
        type: 'DECLARE',
        ...common,
        senderAddress: reader.number(),
        classHash: reader.number(),
        compiledClassHash: reader.number(),
        accountDeploymentData: reader.numbers(),
      }
    case 'DEPLOY_ACCOUNT':
      return {
        type: 'DEPLOY_ACCOUNT',
        ...common,
        classHash: reader.number(),
        contractAddressSalt: reader.number(),
        constructorCalldata: reader.numbers(),
      }
    default:
      throw new RangeError(`expected a form of transaction, got ${form}`)
  }
}

/** The bytes of a Sierra class. */
export function encodeSierra(sierra: SierraClass): Buffer {
  const writer = new ByteWriter(64 * 1024)
  writer.byte(CLASS_FORM)
  writer.numbers(sierra.sierraProgram)
  writer.text(sierra.contractClassVersion)
  const byType = sierra.entryPointsByType
  for (const entryPoints of [byType.external, byType.l1Handler, byType.constructor]) {
    writer.list(entryPoints, ({ selector, functionIdx }) => {
      writer.number(selector)
      writer.count(functionIdx)
    })
  }
  writer.text(sierra.abi)
  return writer.written
}

/** The class of `encodeSierra`'s bytes. */
export function decodeSierra(bytes: Uint8Array): SierraClass {
  const reader = new ByteReader(bytes)
  const form = reader.byte()
  if (form !== CLASS_FORM) throw new RangeError(`expected a form of class, got ${form}`)
  const entryPoints = (): SierraEntryPoint[] =>
    reader.list(() => ({ selector: reader.number(), functionIdx: reader.count() }))
  return {
    sierraProgram: reader.numbers(),
    contractClassVersion: reader.text(),
    entryPointsByType: {
      external: entryPoints(),
      l1Handler: entryPoints(),
      constructor: entryPoints(),
    },
    abi: reader.text(),
  }
}

function writeBounds(writer: ByteWriter, bounds: ResourceBounds): void {
  writer.byte(bounds.l1DataGas === null ? 2 : 3)
  for (const bound of [bounds.l1Gas, bounds.l2Gas, bounds.l1DataGas]) {
    if (bound === null) continue
    writer.number(bound.maxAmount)
    writer.number(bound.maxPricePerUnit)
  }
}

function readBounds(reader: ByteReader): ResourceBounds {
  const count = reader.byte()
  const bound = (): ResourceBound => ({
    maxAmount: reader.number(),
    maxPricePerUnit: reader.number(),
  })
  return { l1Gas: bound(), l2Gas: bound(), l1DataGas: count === 3 ? bound() : null }
}

function readModes(byte: number) {
  return {
    nonceDataAvailabilityMode: (byte & 1) !== 0 ? 'L2' : 'L1',
    feeDataAvailabilityMode: (byte & 2) !== 0 ? 'L2' : 'L1',
  } as const
}
