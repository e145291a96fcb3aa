/**
 * FUGUE_VM=compiled makes the fast machines of specs compile each program before its first call: what holds for the
 * interpreter must hold for compiled code too. Files that start with `compiled` set it.
 */
import { compileModule } from '../../src/vm/tier/tier.ts'

export const tier =
  process.env.FUGUE_VM === 'compiled' ? { hotSteps: 0, compile: compileModule } : undefined
