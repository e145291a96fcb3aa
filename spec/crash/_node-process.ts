/**
 * A node in a process of its own, which can be killed at any moment, and its JSON-RPC.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { packageRoot } from '../../src/shared/package-root.ts'

const cli = join(packageRoot, 'dist', 'src', 'cli.js')

export interface RpcError {
  code: number
  message: string
  data?: unknown
}

export type RpcAnswer<T> =
  | { result: T; error?: undefined }
  | { result?: undefined; error: RpcError }

export interface NodeProcess {
  readonly child: ChildProcess
  /** What it wrote to standard error. */
  readonly errors: () => string
  /** From the start of the process until it answered. */
  readonly readyMs: number
  ask<T>(method: string, params?: unknown): Promise<RpcAnswer<T>>
  /** The result; throws when it is an error. */
  call<T>(method: string, params?: unknown): Promise<T>
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>
  /** Resolves to its exit code. */
  readonly ended: Promise<number | null>
  /** SIGTERM; resolves to its exit code. */
  stop(): Promise<number | null>
}

/**
 * Starts `fugue ARGS` and waits until it serves; throws with what it wrote when it ends before. No file may become longer than
 * `fileKib`.
 */
export async function startNodeProcess(
  args: readonly string[],
  { fileKib = null as number | null } = {},
): Promise<NodeProcess> {
  const startMs = performance.now()
  const limit = `ulimit -f ${fileKib ?? 'unlimited'}; exec "$@"`
  const child = spawn('bash', ['-c', limit, '-', process.execPath, cli, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let errors = ''
  child.stderr.on('data', (bytes: Buffer) => {
    errors += bytes.toString()
  })
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (bytes: Buffer) => {
      output += bytes.toString()
      const match = /HTTP (http:\/\/\S+\/rpc)/.exec(output)
      if (match !== null && output.includes('ready in')) resolve(match[1]!)
      if (output.length > 100_000) output = output.slice(-1000)
    })
    void ended.then((code) => reject(new Error(`the node ended with ${code}: ${output}${errors}`)))
  })
  const ask = async <T>(method: string, params: unknown = {}): Promise<RpcAnswer<T>> => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
    const response = await fetch(url, { method: 'POST', body })
    return (await response.json()) as RpcAnswer<T>
  }
  return {
    child,
    errors: () => errors,
    ended,
    readyMs: performance.now() - startMs,
    ask,
    call: async <T>(method: string, params?: unknown): Promise<T> => {
      const { result, error } = await ask<T>(method, params)
      if (error !== undefined) throw new Error(`${method}: ${JSON.stringify(error)}`)
      return result as T
    },
    kill: async () => {
      child.kill('SIGKILL')
      await ended
    },
    stop: () => {
      child.kill('SIGTERM')
      return ended
    },
  }
}

/** Starts `fugue ARGS` and kills it after so long, whether it serves by then or not. */
export async function killWhileStarting(args: readonly string[], afterMs: number): Promise<void> {
  const child = spawn(process.execPath, [cli, ...args], { stdio: 'ignore' })
  const ended = new Promise((resolve) => child.on('close', resolve))
  await sleep(afterMs)
  child.kill('SIGKILL')
  await ended
}

/** Runs `fugue ARGS` to its end. */
export async function runCommand(
  args: readonly string[],
): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [cli, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes: Buffer) => {
      output += bytes.toString()
    })
  }
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, output }
}
