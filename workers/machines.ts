/**
 * The kinds of virtual machine that a worker can run, as plain data that crosses threads, and how each is built.
 */
import type { VirtualMachine } from '../src/executor/machine.ts'
import type { Trap } from '../src/lab/ledger.ts'
import type { ProgramImage } from '../src/vm/host.ts'
import type { Wish } from './program-compiler.ts'

/** `trap` is what a TRAP transaction does on workers; on main it completes. */
export type MachineKind = { kind: 'ledger'; trap?: Trap } | { kind: 'ghost' } | StarknetKind

/**
 * Starknet on a Cairo machine: the fast interpreter, the same with hot programs compiled where the thread has a compiler, or
 * the plain one. `crypto` is the kernels' memory, shared by all threads.
 */
export interface StarknetKind {
  kind: 'starknet'
  crypto: WebAssembly.Memory
  cairo: 'fast' | 'compiled' | 'reference'
  /** See `StarknetMachineOptions`. */
  secret?: bigint
}

/**
 * Builds the virtual machine of a thread: 0 is main, workers count from 1. Modules are loaded on demand: a worker needs
 * one kind. `want` is told of programs that are hot, and has them compiled.
 */
export async function buildMachine(
  wanted: MachineKind,
  thread: number,
  want: ((wish: Wish) => void) | null = null,
): Promise<VirtualMachine> {
  switch (wanted.kind) {
    case 'ledger':
      return new (await import('../src/lab/ledger.ts')).LedgerMachine(
        thread === 0 ? null : (wanted.trap ?? null),
      )
    case 'ghost':
      return new (await import('../src/lab/ghost.ts')).GhostMachine()
    case 'starknet':
      return await buildStarknetMachine(wanted, thread, want)
  }
}

async function buildStarknetMachine(
  wanted: StarknetKind,
  thread: number,
  want: ((wish: Wish) => void) | null,
): Promise<VirtualMachine> {
  const { createStarknetMachine } = await import('../src/starknet/machine.ts')
  const { attachCrypto } = await import('../src/felt/crypto.ts')
  const crypto = attachCrypto(wanted.crypto, thread)
  const shared = { crypto, ...(wanted.secret === undefined ? {} : { secret: wanted.secret }) }
  if (wanted.cairo === 'fast') return createStarknetMachine(shared)
  if (wanted.cairo === 'compiled') {
    const { HOT_STEPS } = await import('../src/vm/tier/tier.ts')
    const compile = (image: ProgramImage, hash: string) => {
      want?.({ image, hash })
      return null
    }
    return createStarknetMachine({ ...shared, tier: { hotSteps: HOT_STEPS, compile } })
  }
  const { createReferenceMachine } = await import('../src/vm/reference/machine.ts')
  const cairo = createReferenceMachine()
  return createStarknetMachine({
    ...shared,
    cairo,
    loadProgram: (key, casm) => cairo.addClass(key, casm),
  })
}
