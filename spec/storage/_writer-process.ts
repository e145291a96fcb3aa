/**
 * A process that appends random blocks until it cannot: prints the height after each, then the error.
 *
 *     node _writer-process.js FILE SEED
 */
import { ChainWriter } from '../../src/storage/chain-writer.ts'
import { openDatabase } from '../../src/storage/database.ts'
import { RandomChain } from './_random-chain.ts'

const [, , file, seed] = process.argv
const database = openDatabase(file!)
const writer = new ChainWriter(database)
const chain = new RandomChain(Number(seed))
try {
  for (let number = 0, parentHash = 0n; ; number++) {
    const block = chain.next(number, parentHash)
    parentHash = block.header.blockHash
    writer.append(block)
    process.stdout.write(`${number}\n`)
  }
} catch (error) {
  process.stdout.write(`${(error as Error).name}: ${(error as Error).message}\n`)
}
process.exit(0)
