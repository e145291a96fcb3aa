/**
 * The thread that compiles programs, one after the other. A program that cannot be compiled is left out.
 */
import { parentPort } from 'node:worker_threads'
import { compileModule } from '../src/vm/tier/tier.ts'
import type { Wish } from './program-compiler.ts'

parentPort!.on('message', ({ image, hash }: Wish) => {
  parentPort!.postMessage(compileModule(image, hash))
})
