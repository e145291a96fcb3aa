/**
 * Sorts the stacks of a CPU profile into phases of a transaction and kinds of work.
 *
 *     leaf ◀── innermost function: which work       nearest named function around it: which phase
 *
 * Functions are found by file and name; a rule that names none of today's functions would silently empty its row, so
 * `splitProfile` fails if a phase was never met.
 */

export interface ProfileNode {
  id: number
  callFrame: { functionName: string; url: string }
  children?: number[]
}

export interface Profile {
  nodes: ProfileNode[]
  samples: number[]
  timeDeltas: number[]
}

export const phases = [
  'ahead',
  'decode',
  'check',
  'validate',
  'execute',
  'charge',
  'fee transfer',
  'receipt',
  'engine',
] as const
type Phase = (typeof phases)[number]

export const works = [
  'Pedersen',
  'curve',
  'interpreter',
  'machine',
  'state',
  'protocol',
  'garbage',
] as const
type Work = (typeof works)[number]

/** Functions that open a phase, by file. */
const phaseOf: Record<string, Record<string, Phase>> = {
  'starknet/transaction-input.js': { read: 'decode' },
  'starknet/execution-info.js': { begin: 'decode' },
  'starknet/run.js': { begin: 'decode' },
  'starknet/hashes-ahead.js': { compute: 'ahead', learn: 'ahead' },
  'starknet/fee-transfer.js': {
    balanceSlots: 'check',
    transfer: 'fee transfer',
    publish: 'receipt',
  },
  'starknet/flow.js': {
    '#begin': 'check',
    '#preValidate': 'check',
    '#validate': 'validate',
    '#invoke': 'execute',
  },
  'starknet/charges.js': { price: 'charge', check: 'charge' },
  'starknet/cached-state.js': { publish: 'receipt' },
  'starknet/ending.js': { complete: 'receipt' },
  'starknet/outcome.js': { finishOutcome: 'receipt' },
  'executor/sequential.js': { run: 'engine' },
}

/** Functions through which kernels of each kind are called, whatever is inlined into them. */
const kernelOf: Record<string, Work> = {
  pedersen: 'Pedersen',
  writeBalanceKeys: 'Pedersen',
  '#flush': 'Pedersen',
  ecOp: 'curve',
  randomPoint: 'curve',
  fieldSqrt: 'curve',
  hint: 'curve',
}

/** Shares of all samples within the block's execution, by `phase/work`. */
export interface Split {
  cells: Map<string, number>
  samples: number
}

/** Splits the samples taken inside `executeSequentially`. */
export function splitProfile(profiles: Profile[]): Split {
  const micros = new Map<string, number>()
  let total = 0
  let samples = 0
  for (const { nodes, samples: ids, timeDeltas } of profiles) {
    const cellOf = cellsOfNodes(nodes)
    let last: string | null = null
    for (const [i, id] of ids.entries()) {
      let cell: string | null = cellOf.get(id)!
      // The collector has no stack: it belongs to the block if the sample before did.
      if (cell === GARBAGE) cell = last === null ? null : `${last.split('/')[0]}/garbage`
      else last = cell
      if (cell === null) continue
      const delta = timeDeltas[i]!
      micros.set(cell, (micros.get(cell) ?? 0) + delta)
      total += delta
      samples++
    }
  }
  for (const phase of phases) {
    if ([...micros.keys()].some((cell) => cell.startsWith(`${phase}/`))) continue
    throw new Error(`expected samples of phase '${phase}': were its functions renamed?`)
  }
  return { cells: new Map([...micros].map(([cell, sum]) => [cell, sum / total])), samples }
}

const GARBAGE = 'garbage'

/** The cell of each node: `phase/work`, GARBAGE, or null outside of the block. */
function cellsOfNodes(nodes: ProfileNode[]): Map<number, string | null> {
  const parents = new Map<number, ProfileNode>()
  for (const node of nodes) for (const child of node.children ?? []) parents.set(child, node)
  return new Map(nodes.map((node) => [node.id, cellOfNode(node, parents)]))
}

function cellOfNode(leaf: ProfileNode, parents: Map<number, ProfileNode>): string | null {
  if (leaf.callFrame.functionName === '(garbage collector)') return GARBAGE
  let phase: Phase | null = null
  for (let node: ProfileNode | undefined = leaf; node !== undefined; node = parents.get(node.id)) {
    const { functionName } = node.callFrame
    if (functionName === 'executeSequentially')
      return `${phase ?? 'engine'}/${workOf(leaf, parents)}`
    phase ??= phaseOf[fileOf(node)]?.[functionName] ?? null
  }
  return null
}

function workOf(leaf: ProfileNode, parents: Map<number, ProfileNode>): Work {
  let node = leaf
  while (isKernel(node)) node = parents.get(node.id)!
  const known = kernelOf[node.callFrame.functionName]
  if (known !== undefined) return known
  if (node !== leaf) return 'interpreter'
  const file = fileOf(leaf)
  if (file === 'vm/kernel-crypto.js') return 'Pedersen'
  if (file.startsWith('vm/')) return 'machine'
  const isState = file.startsWith('mvmemory/') || file === 'starknet/cached-state.js'
  if (isState || file.startsWith('executor/')) return 'state'
  return 'protocol'
}

/** WebAssembly, and the glue of calls to and from it. */
function isKernel({ callFrame }: ProfileNode): boolean {
  return callFrame.url.startsWith('wasm') || /^(wasm|js)-to-/.test(callFrame.functionName)
}

/** The last two parts of a file's path, `starknet/flow.js`. */
function fileOf({ callFrame }: ProfileNode): string {
  return callFrame.url.split('/').slice(-2).join('/').replace(/\.ts$/, '.js')
}
