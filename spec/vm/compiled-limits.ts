/**
 * What must end, ends in compiled code too.
 */
process.env.FUGUE_VM = 'compiled'
await import('./limits.ts')
