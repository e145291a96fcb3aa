/**
 * Asks the real Blockifier what it makes of programs: a block of L1 handlers, one per program, each on a contract of its
 * own class. Handlers pay no fee and are not validated, so a trace is that of the program alone.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatFelt } from '../../src/felt/felt.ts'
import { oraclePath } from '../vectors.ts'
import { addressOf, type Case, classHashOf, LEAF_ADDRESS, LEAF_CLASS } from './_case.ts'
import { leafCasm } from './_programs.ts'

/** A call of the oracle's trace; the fields that are compared. */
export interface JudgedCall {
  result: string[]
  initial_gas: number
  gas_consumed: number
  vm: { steps: number; memory_holes: number; builtins: Record<string, number> }
  builtins: Record<string, number>
  syscalls: Record<string, number>
  events: { keys: string[]; data: string[] }[]
  accessed_storage_keys: string[]
}

export interface Judgement {
  outcome: 'succeeded' | 'reverted' | 'rejected'
  revert_reason: string | null
  error?: string
  trace?: { function_invocation?: JudgedCall }
}

const price = { fri: '0x3b9aca00', wei: '0x3b9aca00' }

/** The block that judged programs run in. */
export const judgedBlock = {
  chain_id: 'SN_SEPOLIA',
  starknet_version: '0.14.2',
  block: {
    number: 1000,
    timestamp: 1_700_000_000,
    sequencer_address: '0x5e9',
    l1_gas_price: price,
    l1_data_gas_price: price,
    l2_gas_price: price,
  },
  fee_tokens: { strk: '0xaaa1', eth: '0xaaa2' },
  old_block_hash: [{ number: 990, hash: '0x1234' }],
}

/** What a handler's message paid on L1. */
export const PAID_FEE = '0x38d7ea4c68000'

/** Runs all cases as one block of a version. */
export function judge(cases: Case[], version = '0.14.2'): Judgement[] {
  const bundle = {
    ...judgedBlock,
    starknet_version: version,
    classes: [
      classEntry(LEAF_CLASS, { casm: leafCasm(), calldata: [], accounting: 'gas' }),
      ...cases.map((entry, i) => classEntry(classHashOf(i), entry)),
    ],
    contracts: [
      contractEntry(LEAF_ADDRESS, LEAF_CLASS),
      ...cases.map((_, i) => contractEntry(addressOf(i), classHashOf(i))),
    ],
    transactions: cases.map(({ calldata }, i) => ({
      type: 'L1_HANDLER',
      version: '0x0',
      nonce: formatFelt(BigInt(i)),
      contract_address: formatFelt(addressOf(i)),
      entry_point_selector: '0x1',
      calldata: calldata.map(formatFelt),
      paid_fee_on_l1: PAID_FEE,
    })),
  }
  const folder = mkdtempSync(join(tmpdir(), 'fugue-judge-'))
  try {
    const [input, output] = [join(folder, 'bundle.json'), join(folder, 'output.json')]
    writeFileSync(input, JSON.stringify(bundle))
    const { status, stderr } = spawnSync(oraclePath, ['run', input, '--out', output], {
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`the oracle ended with ${status}: ${stderr.slice(-2000)}`)
    return JSON.parse(readFileSync(output, 'utf8')).transactions
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The compiler whose classes are accounted for so. */
export function sierraVersion(accounting: Case['accounting']): string {
  return accounting === 'gas' ? '1.7.0' : '1.6.0'
}

function classEntry(hash: bigint, { casm, accounting }: Case): object {
  return {
    name: `case ${formatFelt(hash)}`,
    class_hash: formatFelt(hash),
    sierra: null,
    casm,
    sierra_version: sierraVersion(accounting),
  }
}

function contractEntry(address: bigint, classHash: bigint): object {
  return { address: formatFelt(address), class_hash: formatFelt(classHash), storage: {} }
}
