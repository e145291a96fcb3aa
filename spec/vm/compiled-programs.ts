/**
 * Compiled code against the reference: random instructions (level 2) and random programs.
 */
process.env.FUGUE_VM = 'compiled'
await import('./programs.ts')
