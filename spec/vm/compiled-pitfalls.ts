/**
 * The pitfalls in compiled code.
 */
process.env.FUGUE_VM = 'compiled'
await import('./pitfalls.ts')
