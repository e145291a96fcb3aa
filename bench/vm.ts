/**
 * `npm run bench -- vm [--json FILE]`: microseconds of a call on the fast Cairo machine, warm, median.
 *
 * A transfer of `erc20-blockifier` needs the vectors; the rows of our own contracts are always there. State is a table
 * in the bench, Pedersen hashes come from the memo.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { vectorPath } from '../spec/vectors.ts'
import { cellsOf } from '../src/felt/cell.ts'
import { attachCrypto, createCryptoMemory } from '../src/felt/crypto.ts'
import { P } from '../src/felt/felt.ts'
import { selector, useCrypto } from '../src/felt/hash.ts'
import { packageRoot } from '../src/shared/package-root.ts'
import type { Call, Machine } from '../src/vm/host.ts'
import { createMachine } from '../src/vm/machine.ts'
import { attachProgram, buildProgramImage } from '../src/vm/program.ts'
import { medianNs, report } from './_rows.ts'
import { BenchHost, constants } from './_vm-host.ts'

const transfer = [P / 23n, 1000n, 0n]
const artifact = (name: string) => join(packageRoot, `src/contracts/artifacts/${name}.casm.json`)
const blockifierToken = vectorPath('classes/erc20-blockifier.casm.json')

const workloads: [name: string, file: string, entry: string, calldata: bigint[]][] = [
  ['erc20-transfer', blockifierToken, 'transfer', transfer],
  ['own-transfer', artifact('erc20'), 'transfer', transfer],
  ['loop', artifact('loop'), 'work', [20_000n]],
  ['loop-wide', artifact('loop'), 'work_wide', [20_000n]],
]

export function run(args: string[]): void {
  const crypto = attachCrypto(createCryptoMemory(1), 0)
  useCrypto(crypto)
  const machine = createMachine(crypto)
  const rows: object[] = []
  for (const [name, file, entry, calldata] of workloads) {
    if (!existsSync(file)) continue
    const casm = JSON.parse(readFileSync(file, 'utf8'))
    for (const accounting of ['gas', 'steps'] as const) {
      const call = callOf(file, casm, entry, calldata, accounting)
      rows.push({ name: `${name}/${accounting}`, ...measure(machine, call) })
    }
    const imageNs = medianNs(() => void buildProgramImage(casm), 5)
    rows.push({ name: `${name}/image`, milliseconds: round(imageNs / 1e6) })
  }
  report('vm', rows, args)
}

function callOf(
  key: string,
  casm: unknown,
  entry: string,
  calldata: bigint[],
  accounting: Call['accounting'],
): Call {
  const program = attachProgram(key, buildProgramImage(casm))
  const entryPoint = program.entryPoints.external.get(selector(entry))
  if (entryPoint === undefined) throw new Error(`expected an entry point ${entry} in ${key}`)
  return {
    program,
    entryPoint,
    calldata: cellsOf(calldata),
    calldataStart: 0,
    calldataCount: calldata.length,
    gas: 1e10,
    accounting,
    stepLimit: 1e7,
  }
}

function measure(machine: Machine, call: Call): object {
  const host = new BenchHost()
  const runCall = () => {
    machine.begin(constants, host, 1n)
    return machine.run(call)
  }
  const { outcome, error, steps, syscalls } = runCall()
  if (outcome !== 0) throw new Error(`expected the call to return, got ${error?.text ?? 'a panic'}`)
  const ns = medianNs(() => void runCall())
  const syscallCount = syscalls.reduce((sum, count) => sum + count, 0)
  return {
    microsPerCall: round(ns / 1000),
    nsPerStep: round(ns / steps),
    steps,
    syscalls: syscallCount,
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
