/**
 * A pool for the time of a test: stopped however the test ends, for a leaked worker would keep the process.
 */
import { Pool, type PoolOptions } from '../../workers/pool.ts'

export async function withPool(
  options: PoolOptions,
  body: (pool: Pool) => Promise<void>,
): Promise<void> {
  const pool = await Pool.start(options)
  try {
    await body(pool)
  } finally {
    await pool.stop()
  }
}
