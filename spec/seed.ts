/**
 * The seed of a random spec: `FUGUE_SEED`, else a new one each time. Where `CI` is set it is always the same: whether a
 * change may land must not hang on luck; new seeds are what everybody's `npm test` and the campaigns try.
 */
export const seed = Number(
  process.env.FUGUE_SEED ?? (process.env.CI ? 20_261_123 : Math.floor(Math.random() * 2 ** 24)),
)
