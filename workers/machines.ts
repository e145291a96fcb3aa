/**
 * The kinds of virtual machine that a worker can run, as plain data that crosses threads, and how each is built.
 */
import type { VirtualMachine } from '../src/executor/machine.ts'

export type MachineKind = { kind: 'ledger' } | { kind: 'ghost' }

/** Builds the virtual machine of this thread. Modules are loaded on demand: a worker needs one kind. */
export async function buildMachine(wanted: MachineKind): Promise<VirtualMachine> {
  switch (wanted.kind) {
    case 'ledger':
      return new (await import('../src/lab/ledger.ts')).LedgerMachine()
    case 'ghost':
      return new (await import('../src/lab/ghost.ts')).GhostMachine()
  }
}
