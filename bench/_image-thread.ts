/**
 * A thread that times its first image of a class, and the median of twenty more.
 */
import { readFileSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { buildProgramImage } from '../src/vm/program.ts'
import { median } from './_figures.ts'

export interface ImageTimes {
  first: number
  next: number
}

const casm = JSON.parse(readFileSync(workerData as string, 'utf8'))

function time(): number {
  const startMs = performance.now()
  buildProgramImage(casm)
  return performance.now() - startMs
}

const times: ImageTimes = { first: time(), next: median(Array.from({ length: 20 }, time)) }
parentPort!.postMessage(times)
