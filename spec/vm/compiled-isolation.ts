/**
 * Hostile programs, compiled.
 */
process.env.FUGUE_VM = 'compiled'
await import('./isolation.ts')
