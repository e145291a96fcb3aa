/**
 * HTTP in front of the methods: paths, sizes, cross-origin answers, health.
 *
 *     POST /  /rpc  /rpc/v0_10  /rpc/v0_10_2      JSON-RPC; always 200, or 204 when nothing is to be said
 *     GET  /is_alive  /is_ready  (or HEAD)        200 `Alive!!!`;  200, or 503 and why no transaction is taken
 *
 * Invariant: a request is answered whatever its bytes; nothing larger than the limit is kept in memory.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerText, type Methods } from './json-rpc.ts'

export interface ServerOptions {
  host: string
  /** 0: any free one. */
  port: number
  /** Answers pages of any origin. */
  cors: boolean
  bodyBytes: number
  batch: number
  answerLength: number
  callMs: number
  connections: number
}

export const defaultServerOptions: ServerOptions = {
  host: '127.0.0.1',
  port: 5050,
  cors: true,
  bodyBytes: 32 * 1024 * 1024,
  batch: 500,
  answerLength: 64 * 1024 * 1024,
  callMs: 120_000,
  connections: 1024,
}

export interface RunningServer {
  port: number
  /** Answers what is in flight, then closes. */
  stop(): Promise<void>
}

const RPC_PATHS = new Set(['/', '/rpc', '/rpc/v0_10', '/rpc/v0_10_2'])
const HEALTH_PATHS = new Set(['/is_alive', '/is_ready'])

/** How long connections may finish their work when the server stops. */
const STOP_MS = 2000

/** Serves the methods; settles when the port is bound. `notReady` says why transactions are not taken, or null. */
export async function serve(
  methods: Methods,
  options: ServerOptions,
  notReady: () => string | null,
): Promise<RunningServer> {
  const open = new Set<ServerResponse>()
  const server = createServer((request, response) => {
    open.add(response)
    response.on('close', () => open.delete(response))
    if (!server.listening) response.setHeader('Connection', 'close')
    answer(request, response, methods, options, notReady).catch((error: unknown) => {
      // The client went away while it was sending or reading: nobody is left to tell.
      if (!request.destroyed && !response.destroyed) console.error(error)
      response.destroy()
    })
  })
  server.maxConnections = options.connections
  server.requestTimeout = options.callMs
  // Longer than clients keep theirs, so that none sends into a connection that is being closed.
  server.keepAliveTimeout = 65_000
  await listen(server, options)
  return { port: (server.address() as AddressInfo).port, stop: () => stop(server, open) }
}

function listen(server: Server, { host, port }: ServerOptions): Promise<void> {
  return new Promise((settle, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      settle()
    })
  })
}

/** Lets the open responses end, each the last one of its connection. */
function stop(server: Server, open: ReadonlySet<ServerResponse>): Promise<void> {
  for (const response of open) {
    if (!response.headersSent) response.setHeader('Connection', 'close')
  }
  return new Promise((settle) => {
    // A connection becomes idle when its last answer is out, so it is looked at again and again.
    const sweep = setInterval(() => server.closeIdleConnections(), 10)
    const timer = setTimeout(() => server.closeAllConnections(), STOP_MS)
    server.close(() => {
      clearInterval(sweep)
      clearTimeout(timer)
      settle()
    })
    server.closeIdleConnections()
  })
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  methods: Methods,
  options: ServerOptions,
  notReady: () => string | null,
): Promise<void> {
  if (options.cors) allowOrigins(request, response)
  const path = (request.url ?? '/').split('?', 1)[0]!
  const isRpc = RPC_PATHS.has(path)
  if (!isRpc && !HEALTH_PATHS.has(path))
    return say(response, 404, `nothing at ${path.slice(0, 80)}`)
  const wanted = isRpc ? ['POST'] : ['GET', 'HEAD']
  const allowed = [...wanted, 'OPTIONS'].join(', ')
  if (request.method === 'OPTIONS') {
    response.writeHead(204, { Allow: allowed }).end()
  } else if (!wanted.includes(request.method ?? '')) {
    response.setHeader('Allow', allowed)
    say(response, 405, `${path} takes ${allowed}, got ${request.method}`)
  } else if (isRpc) {
    await answerRpc(request, response, methods, options)
  } else {
    const reason = path === '/is_ready' ? notReady() : null
    say(response, reason === null ? 200 : 503, reason ?? 'Alive!!!')
  }
}

async function answerRpc(
  request: IncomingMessage,
  response: ServerResponse,
  methods: Methods,
  options: ServerOptions,
): Promise<void> {
  const body = await readBody(request, options.bodyBytes)
  if (typeof body === 'number') {
    const reason = `the body has ${body} bytes or more, the limit is ${options.bodyBytes}`
    response.setHeader('Connection', 'close')
    return say(response, 413, reason)
  }
  const gone = new AbortController()
  response.on('close', () => {
    if (!response.writableFinished) gone.abort()
  })
  const text = await answerText(body.toString('utf8'), methods, options, gone.signal)
  if (text === null) response.writeHead(204).end()
  else response.writeHead(200, { 'Content-Type': 'application/json' }).end(text)
}

/**
 * The body, or its size when that is above the limit. What is too much is read and dropped, so that the client gets to
 * see the answer; but only up to as much again.
 */
function readBody(request: IncomingMessage, limit: number): Promise<Buffer | number> {
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > 2 * limit) return Promise.resolve(announced)
  const chunks: Buffer[] = []
  let size = 0
  return new Promise((settle, reject) => {
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > limit) chunks.length = 0
      else chunks.push(chunk)
      if (size <= 2 * limit) return
      request.pause()
      settle(size)
    })
    request.on('end', () => settle(size > limit ? size : Buffer.concat(chunks)))
    request.on('error', reject)
  })
}

function allowOrigins(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('Access-Control-Allow-Origin', '*')
  if (request.method !== 'OPTIONS') return
  response.setHeader('Access-Control-Allow-Methods', 'GET, POST, OPTIONS')
  const headers = request.headers['access-control-request-headers']
  response.setHeader('Access-Control-Allow-Headers', headers ?? 'Content-Type')
  response.setHeader('Access-Control-Max-Age', '600')
  // Wallets on https pages ask before they call a loopback address.
  response.setHeader('Access-Control-Allow-Private-Network', 'true')
}

function say(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(text)
}
