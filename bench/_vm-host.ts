/**
 * A host that answers at once, for benches of the virtual machine: one contract whose every cell starts as 10^15, no
 * other contracts, no journal. Its own cost is a look-up in a small open table of cells.
 */
import { cellsOf } from '../src/felt/cell.ts'
import { P } from '../src/felt/felt.ts'
import {
  type CellList,
  type CellMemory,
  ERROR,
  type ExecutionInfo,
  type Host,
  type HostError,
  type MachineConstants,
  OK,
  syscallNames,
} from '../src/vm/host.ts'

const SLOTS = 1 << 12
const SLOT_WORDS = 16

/** Costs of Starknet 0.14.2 that a token transfer meets, in L2 gas. */
const costs: Record<string, number> = {
  StorageRead: 18_070,
  StorageWrite: 44_970,
  GetExecutionInfo: 12_640,
}

export const constants: MachineConstants = {
  syscallCosts: Float64Array.from(syscallNames, (name) => costs[name] ?? 10_000),
  syscallCostsPerItem: new Float64Array(syscallNames.length),
  builtinPrices: Float64Array.of(4050, 583, 4085, 491, 230, 604, 3334),
  entryPointBudget: 10_000,
  syscallBase: 10_000,
}

export class BenchHost implements Host {
  readonly reason: CellList = listOf([])
  readonly error: HostError = { text: 'this bench has one contract' }
  readonly returned: CellList = listOf([])
  readonly gasLeft = 0
  private readonly slots = new Int32Array(SLOTS * SLOT_WORDS)
  private readonly rich = new Int32Array(cellsOf([10n ** 15n]).buffer)
  private readonly info: ExecutionInfo = {
    block: listOf([1000n, 1_700_000_000n, 0x5e9n]),
    transaction: listOf([3n, P / 5n, 0n, P / 7n, 0x534e5f4d41494en, 5n, 0n, 0n, 0n]),
    signature: listOf([P / 11n, P / 13n]),
    resourceBounds: listOf([0x4c315f474153n, 1n, 2n, 0x4c325f474153n, 3n, 4n]),
    paymasterData: listOf([]),
    accountDeploymentData: listOf([]),
    proofFacts: listOf([]),
    call: listOf([P / 5n, P / 17n, P / 19n]),
  }

  storageRead(memory: CellMemory, key: number, out: number): number {
    const slot = this.slotOf(memory, key)
    for (let i = 0; i < 8; i++) memory.words[(out >> 2) + i] = this.slots[slot + 8 + i]!
    return OK
  }

  storageWrite(memory: CellMemory, key: number, value: number): number {
    const slot = this.slotOf(memory, key)
    for (let i = 0; i < 8; i++) this.slots[slot + 8 + i] = memory.words[(value >> 2) + i]!
    return OK
  }

  emitEvent(): number {
    return OK
  }

  executionInfo(): ExecutionInfo {
    return this.info
  }

  getClassHashAt = refuse
  getBlockHash = refuse
  replaceClass = refuse
  sendMessageToL1 = refuse
  callContract = refuse
  libraryCall = refuse
  deploy = refuse
  metaTransaction = refuse

  gasSeen(): void {}

  stopped(): boolean {
    return false
  }

  private slotOf({ words }: CellMemory, key: number): number {
    const at = key >> 2
    const hash = words[at]! ^ (words[at + 5]! * 31)
    for (let probe = hash & (SLOTS - 1); ; probe = (probe + 1) & (SLOTS - 1)) {
      const slot = probe * SLOT_WORDS
      if (this.slots[slot + 2] === 0 && this.slots[slot + 3] === 0) {
        for (let i = 0; i < 8; i++) this.slots[slot + i] = words[at + i]!
        this.slots.set(this.rich, slot + 8)
        return slot
      }
      let same = 0
      while (same < 8 && this.slots[slot + same] === words[at + same]) same++
      if (same === 8) return slot
    }
  }
}

function refuse(): number {
  return ERROR
}

function listOf(felts: bigint[]): CellList {
  return { cells: cellsOf(felts), count: felts.length }
}
