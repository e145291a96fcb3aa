/**
 * The composition root: puts the actors, the executors, the hasher and the store together into one `Chain`.
 *
 *     border ──▶ Submissions ──▶ Mempool ──▶ Production ──▶ ChainStore
 *                     ▲              ▲             ▲
 *                  intake        ordering   execution, conflicts, commit
 *
 * The only file of `src/` that knows actors and workers. It starts nothing when it is imported.
 */
