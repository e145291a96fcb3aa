/**
 * Fugue's own contracts: which there are, their hashes, and their classes as they would be declared.
 *
 * `artifacts/NAME.sierra.json` holds the ABI as a list, as compilers and clients do. What is hashed, and what a declare
 * sends, is a text of that list in Python's spacing (`", "` between items, `": "` after a key), so `loadContract` makes
 * exactly this text. Clients that are given the artifact make the same.
 *
 * Invariant: the table below holds the hashes of the committed artifacts; a spec recomputes them.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../shared/package-root.ts'
import type { SierraClass, SierraEntryPoint } from '../starknet/transaction.ts'

export interface ContractHashes {
  classHash: bigint
  /** By Blake2s (V2): what declares state from 0.14.1 on. */
  compiledClassHash: bigint
  /** By Poseidon (V1): what declares stated before. */
  compiledClassHashV1: bigint
}

export interface Contract extends ContractHashes {
  name: ContractName
  sierra: SierraClass
  /** CASM as parsed JSON. */
  casm: unknown
}

/**
 * The hashes of every contract. `open-account` accepts any signature: never at genesis of a chain with value. Those named
 * `libfuncs-` use all that Cairo compiles to, and are there for specs.
 */
export const contractHashes = {
  account: {
    classHash: 0x6f5cd64b72a61a6431dcb20cc20010449a256ee92c52a0ad40e7f933a37c81n,
    compiledClassHash: 0x4577f332a25feb4828fac9c82acde70b5dfb6fcaba3d92c57eb4f5777deda1n,
    compiledClassHashV1: 0x3a5ad5cf82d8dc7858fa3c29868d126522237442f4056ccc6509ebfe502bbecn,
  },
  'open-account': {
    classHash: 0x285a2ff57e4cc132bc9358485ba1ac3519607d9917f8f973e30ae258858d75an,
    compiledClassHash: 0xa29f7d7b47fe539350aa2856fe597130e7765b09f40f68d958e5561cf7f649n,
    compiledClassHashV1: 0x28921f6249daddbf69535b36b9aab8c4bb51a16d96b5ed2fad97a8a770abca1n,
  },
  erc20: {
    classHash: 0x5425d000d952add4ba05be1735314d786a6c2b22d2351d469a41fa83f5fe577n,
    compiledClassHash: 0x50952786e35bdccaef03f51c942b99efbc6691a3496dd9f623319c8444fa41bn,
    compiledClassHashV1: 0x1a4317c4ae6e36fdbfb32c811279073f8fbc1f835ca44d2284a660f3c473e6dn,
  },
  udc: {
    classHash: 0x6ac53eef18aea9b25e94ca2e9efdb5b418c746529b185352169181c4f7aaa45n,
    compiledClassHash: 0x1685ddaa886058e97609f488e6019c8af91a8431f669c96a0b40ed90762b48an,
    compiledClassHashV1: 0x6051df26df5c72755388332c5a04b93de882a95283972ccee563395ce1ee901n,
  },
  counter: {
    classHash: 0xcc4167d2d618670d8ffc60fef8b311ada730988191322956b2914f3aa3c88an,
    compiledClassHash: 0x1732c01bf154ed18fe663678bc34edfc60b1ed4a2e8a21c5c021e603ab5d816n,
    compiledClassHashV1: 0x609691c69d3fe4d43f154042e95cb6539946aec53e259481122c81b60a32ce7n,
  },
  ledger: {
    classHash: 0x6fc8c87ad422b24e2f1db2ba067d41d692e266accb831291093fa6b1d3e4c4fn,
    compiledClassHash: 0x66057bbbbba1ce844127239cd4d538f2e88ef015767dd813881f271fb85e213n,
    compiledClassHashV1: 0x67f45c08bf1df2a7affaa98d8840ed6b16a64651cd16250133a954c2f7f66ccn,
  },
  pool: {
    classHash: 0x27988e65684a9734702a7e1790195319b25a11d1d99fca7a37d9607fb8a0eccn,
    compiledClassHash: 0x79cbabc40734aca73519e4bcb0b7660d5af34753a78fba7d1951e8fa7ef55c6n,
    compiledClassHashV1: 0xadb9ab8c3e156574eadef2c0d1149b2ebc3b6d9b18653df70dfda3fd5a0d27n,
  },
  loop: {
    classHash: 0xa71bc81be363eb735b9494455d3c3cfadebbca555e3ea7e7991b46ecb9f55bn,
    compiledClassHash: 0x1d2429f755d15f62903b7a3b53d22f519042c7a3db0496f8e33f48769495c9bn,
    compiledClassHashV1: 0x51dd551d850d3d65cf03d90edcef9f3fb33e8e87dfbd142161571387323a7d2n,
  },
  hasher: {
    classHash: 0x3a15ea9c53346241f66025874a421f581724c434e595e02dc61601e6682edf2n,
    compiledClassHash: 0x2d56d86354c09b0a96b449e5dbf1aecacddf8f36158a7ad5b09acdfb11f2cean,
    compiledClassHashV1: 0x34673d1dc1c49a3184ca47071e426a98062e961aec9f13568d6d547794ee287n,
  },
  router: {
    classHash: 0x186e1e49aa1fa775c3a81da4b8af305e792e68a89bde98b85bf3ef60bf821ben,
    compiledClassHash: 0x5b6d11b33edc9b6441d227b154d33198e2854c6fef8777d7b44159b9d39e5e7n,
    compiledClassHashV1: 0x28f3be9ffbe4c89b84cf48e0a813c5081acaa573485790673d34e6c009ffd7n,
  },
  'libfuncs-numbers': {
    classHash: 0x8e910ec9808b622c244a87ae3071e9060f70aefbfb07fee641374ce5d6699cn,
    compiledClassHash: 0x6dfe1dc9a80a17bf402817e74c33bfa7a9d1628644bd987f8ed72e3d3e03c95n,
    compiledClassHashV1: 0x4eae5393e76389b7506283e6809af371dbbd60e983f7b8678f4676b07ecbbbbn,
  },
  'libfuncs-data': {
    classHash: 0x67f01ca8f42b0cf3c75d69ef218054e00af2ca0210483672584f9d27bd10851n,
    compiledClassHash: 0x285c222db85eac9a7d798dfa5ce9d2eddf000afcec64d606c6202ae7d6cbcden,
    compiledClassHashV1: 0x2727ea5c07c49c0bef05bb07b5aa396ebbb31ce2396f12c560bee85d2f071f2n,
  },
  'libfuncs-syscalls': {
    classHash: 0x67efc580be102ce6ed200d30169de03b4e8e938b4a11704b8e2d5289ab79e28n,
    compiledClassHash: 0x36ae04be2ed135ae119ae1889b1e6c126c1d0bdce0de02da18ea819e831feban,
    compiledClassHashV1: 0x5bf894d3dbea019ec005468c664f2107858079de424fa47bb760075a1f60c84n,
  },
} as const satisfies Record<string, ContractHashes>

export type ContractName = keyof typeof contractHashes

export const contractNames = Object.keys(contractHashes) as ContractName[]

const loaded = new Map<ContractName, Contract>()

/** Reads a contract's class from disk, once per thread. */
export function loadContract(name: ContractName): Contract {
  let contract = loaded.get(name)
  if (contract === undefined) {
    const sierra = sierraClass(readJson(artifactPath(name, 'sierra')))
    const casm: unknown = readJson(artifactPath(name, 'casm'))
    contract = { name, ...contractHashes[name], sierra, casm }
    loaded.set(name, contract)
  }
  return contract
}

/** Absolute path of the artifact that compilers and clients take: the Sierra class with its ABI as a list, or the CASM. */
export function artifactPath(name: ContractName, kind: 'sierra' | 'casm'): string {
  return join(packageRoot, 'src', 'contracts', 'artifacts', `${name}.${kind}.json`)
}

interface SierraArtifact {
  sierra_program: string[]
  contract_class_version: string
  entry_points_by_type: Record<'EXTERNAL' | 'L1_HANDLER' | 'CONSTRUCTOR', ArtifactEntryPoint[]>
  abi: Json
}

interface ArtifactEntryPoint {
  selector: string
  function_idx: number
}

type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8'))
}

function sierraClass(artifact: SierraArtifact): SierraClass {
  const entryPoints = artifact.entry_points_by_type
  return {
    sierraProgram: artifact.sierra_program.map(BigInt),
    contractClassVersion: artifact.contract_class_version,
    entryPointsByType: {
      external: entryPoints.EXTERNAL.map(sierraEntryPoint),
      l1Handler: entryPoints.L1_HANDLER.map(sierraEntryPoint),
      constructor: entryPoints.CONSTRUCTOR.map(sierraEntryPoint),
    },
    abi: pythonText(artifact.abi),
  }
}

function sierraEntryPoint(entry: ArtifactEntryPoint): SierraEntryPoint {
  return { selector: BigInt(entry.selector), functionIdx: entry.function_idx }
}

/** JSON in the spacing of Python's `json.dumps`. */
function pythonText(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(pythonText).join(', ')}]`
  const members = Object.entries(value).map(([key, item]) => `"${key}": ${pythonText(item)}`)
  return `{${members.join(', ')}}`
}
