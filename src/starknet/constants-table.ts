/**
 * The numbers of every protocol version from 0.13.4 to 0.14.4, as data: the whole first version, then for each later
 * one only what differs. `versioned-constants.ts` gives them names, defaults and types.
 *
 *     measured work   [steps, { builtin: count }]                         no memory holes in any version
 *     with a length   { constant, perItem, itemsPerUnit }                 ceil(perItem * length / itemsPerUnit)
 *
 * Invariant: a version inherits every value it does not name from the version above it.
 */

export type Work = readonly [steps: number, builtins?: Readonly<Record<string, number>>]

export interface LinearWork {
  constant: Work
  perItem: Work
  itemsPerUnit?: number
}

export type AnyWork = Work | LinearWork

export type TransactionKind = 'INVOKE' | 'DECLARE' | 'DEPLOY_ACCOUNT' | 'L1_HANDLER'

/** Scalars, switches and lists that a version may change. */
export interface VersionScalars {
  maxProofSize: number
  blockDirectExecuteCall: boolean
  disableDeployInValidation: boolean
  enableTip: boolean
  migrateCompiledClasses: boolean
  requireBlakeCompiledClassHash: boolean
  stripVmFramesInGasMode: boolean
  proofGas: number
  allocationL2Gas: number
  blakePrice: number
  executeMaxSierraGas: number
  l1HandlerMaxL1Gas: number
  l1HandlerMaxL1DataGas: number
  l1HandlerMaxL2Gas: number
  allowedProofVersions: readonly bigint[]
  allowedProgramHashes: readonly bigint[]
  v1BoundAccounts: readonly bigint[]
  v1BoundMaxTip: bigint
  dataGasAccounts: readonly bigint[]
}

export interface VersionTable {
  version: string
  scalars: Partial<VersionScalars>
  syscalls: Readonly<Record<string, AnyWork>>
  overheads: Readonly<Partial<Record<TransactionKind, AnyWork>>>
}

const firstScalars: VersionScalars = {
  maxProofSize: 0,
  blockDirectExecuteCall: false,
  disableDeployInValidation: false,
  enableTip: false,
  migrateCompiledClasses: false,
  requireBlakeCompiledClassHash: false,
  stripVmFramesInGasMode: false,
  proofGas: 0,
  allocationL2Gas: 0,
  blakePrice: 0,
  executeMaxSierraGas: 1_000_000_000,
  l1HandlerMaxL1Gas: 10_000_000_000,
  l1HandlerMaxL1DataGas: 10_000_000_000,
  l1HandlerMaxL2Gas: 10_000_000_000,
  allowedProofVersions: [],
  allowedProgramHashes: [],
  v1BoundAccounts: [],
  v1BoundMaxTip: 0n,
  dataGasAccounts: [],
}

export const versionTables: readonly VersionTable[] = [
  {
    version: '0.13.4',
    scalars: firstScalars,
    syscalls: {
      CallContract: [866, { range_check: 15 }],
      LibraryCall: [842, { range_check: 15 }],
      Deploy: [1132, { range_check: 18, pedersen: 7 }],
      MetaTxV0: [0],
      EmitEvent: [61, { range_check: 1 }],
      SendMessageToL1: [141, { range_check: 1 }],
      StorageRead: [87, { range_check: 1 }],
      StorageWrite: [93, { range_check: 1 }],
      GetExecutionInfo: [64, { range_check: 1 }],
      GetBlockHash: [104, { range_check: 2 }],
      GetClassHashAt: [89, { range_check: 1 }],
      ReplaceClass: [104, { range_check: 1 }],
      Keccak: [100],
      KeccakRound: [281, { range_check: 56, keccak: 1, bitwise: 6 }],
      Sha256ProcessBlock: [1865, { range_check: 65, bitwise: 1115 }],
      Sha512ProcessBlock: [0],
      Secp256k1New: [461, { range_check: 35 }],
      Secp256k1Add: [410, { range_check: 29 }],
      Secp256k1Mul: [76505, { range_check: 7045 }],
      Secp256k1GetPointFromX: [395, { range_check: 30 }],
      Secp256k1GetXy: [207, { range_check: 11 }],
      Secp256r1New: [580, { range_check: 49 }],
      Secp256r1Add: [593, { range_check: 57 }],
      Secp256r1Mul: [125344, { range_check: 13961 }],
      Secp256r1GetPointFromX: [514, { range_check: 44 }],
      Secp256r1GetXy: [209, { range_check: 11 }],
    },
    overheads: {
      INVOKE: {
        constant: [3918, { range_check: 69, pedersen: 14 }],
        perItem: [8, { pedersen: 1 }],
      },
      DECLARE: [3203, { range_check: 56, pedersen: 16, poseidon: 4 }],
      DEPLOY_ACCOUNT: {
        constant: [4161, { range_check: 72, pedersen: 23 }],
        perItem: [21, { pedersen: 2 }],
      },
      L1_HANDLER: {
        constant: [1279, { range_check: 16, pedersen: 11 }],
        perItem: [13, { pedersen: 1 }],
      },
    },
  },
  {
    version: '0.13.5',
    scalars: {
      v1BoundAccounts: [
        0x1a736d6ed154502257f02b1ccdf4d9d1089f80811cd6acad48e6b6a9d1f2003n,
        0x737ee2f87ce571a58c6c8da558ec18a07ceb64a6172d5ec46171fbc80077a48n,
        0x5400e90f7e0ae78bd02c77cd75527280470e2fe19c54970dd79dc37a9d3645cn,
        0x4c6d6cf894f8bc96bb9c525e6853e5483177841f7388f74a46cfda6f028c755n,
        0x1c0bb51e2ce73dc007601a1e7725453627254016c28f118251a71bbb0507fcbn,
        0x251830adc3d8b4d818c2c309d71f1958308e8c745212480c26e01120c69ee49n,
        0x251cac7b2f45d255b83b7a06dcdef70c8a8752f00ea776517c1c2243c7a06e5n,
      ],
      v1BoundMaxTip: 8_000_000_000_000n,
    },
    syscalls: {
      Deploy: {
        constant: [1132, { range_check: 18, pedersen: 7 }],
        perItem: [8, { pedersen: 1 }],
      },
    },
    overheads: {},
  },
  {
    version: '0.14.0',
    scalars: {
      blockDirectExecuteCall: true,
      disableDeployInValidation: true,
      enableTip: true,
      l1HandlerMaxL1Gas: 40_000,
      l1HandlerMaxL1DataGas: 20_000,
      l1HandlerMaxL2Gas: 100_000_000,
      dataGasAccounts: [
        0x2c8c7e6fbcfb3e8e15a46648e8914c6aa1fc506fc1e7fb3d1e19630716174bcn,
        0x816dd0297efc55dc1e7559020a3a825e81ef734b558f03c83325d4da7e6253n,
        0x41bf1e71792aecb9df3e9d04e1540091c5e13122a731e02bec588f71dc1a5c3n,
        0x6d612cac7690e6620055c617a83a5a0b43b9758d9d30f281ddbc77be1651a70n,
      ],
    },
    syscalls: {
      CallContract: [903, { range_check: 18 }],
      LibraryCall: [879, { range_check: 18 }],
      Deploy: {
        constant: [1173, { range_check: 21, pedersen: 7 }],
        perItem: [8, { pedersen: 1 }],
      },
      MetaTxV0: {
        constant: [1301, { range_check: 20, pedersen: 9 }],
        perItem: [8, { pedersen: 1 }],
      },
      SendMessageToL1: [144, { range_check: 1 }],
      StorageRead: [90, { range_check: 1 }],
      StorageWrite: [96, { range_check: 1 }],
      GetExecutionInfo: [125, { range_check: 2 }],
      GetBlockHash: [107, { range_check: 2 }],
      ReplaceClass: [106, { range_check: 1 }],
      Sha256ProcessBlock: [1867, { range_check: 65, bitwise: 1115 }],
      Secp256k1New: [463, { range_check: 35 }],
      Secp256k1Add: [412, { range_check: 29 }],
      Secp256k1Mul: [76507, { range_check: 7045 }],
      Secp256k1GetPointFromX: [397, { range_check: 30 }],
      Secp256k1GetXy: [209, { range_check: 11 }],
      Secp256r1New: [582, { range_check: 49 }],
      Secp256r1Add: [595, { range_check: 57 }],
      Secp256r1Mul: [125346, { range_check: 13961 }],
      Secp256r1GetPointFromX: [516, { range_check: 44 }],
      Secp256r1GetXy: [211, { range_check: 11 }],
    },
    overheads: {
      INVOKE: {
        constant: [4348, { range_check: 90, pedersen: 4, poseidon: 12 }],
        perItem: [11, { poseidon: 1 }],
        itemsPerUnit: 2,
      },
      DECLARE: [3523, { range_check: 72, pedersen: 4, poseidon: 15 }],
      DEPLOY_ACCOUNT: {
        constant: [4583, { range_check: 93, pedersen: 11, poseidon: 11 }],
        perItem: [37, { pedersen: 2, poseidon: 1 }],
        itemsPerUnit: 2,
      },
      L1_HANDLER: {
        constant: [1315, { range_check: 19, pedersen: 11 }],
        perItem: [13, { pedersen: 1 }],
      },
    },
  },
  {
    version: '0.14.1',
    scalars: { migrateCompiledClasses: true, requireBlakeCompiledClassHash: true },
    syscalls: {},
    overheads: {},
  },
  {
    version: '0.14.2',
    scalars: {
      maxProofSize: 480_000,
      proofGas: 75_000_000,
      allocationL2Gas: 402_000,
      migrateCompiledClasses: false,
      allowedProofVersions: [0x50524f4f4630n],
      allowedProgramHashes: [0x3e98c2d7703b03a7edb73ed7f075f97f1dcbaa8f717cdf6e1a57bf058265473n],
      executeMaxSierraGas: 1_100_000_000,
      blakePrice: 3334,
    },
    syscalls: {
      StorageRead: [180, { range_check: 1 }],
      StorageWrite: [449, { range_check: 1 }],
    },
    overheads: {},
  },
  {
    version: '0.14.3',
    scalars: {
      migrateCompiledClasses: true,
      stripVmFramesInGasMode: true,
      allowedProofVersions: [0x50524f4f4631n],
      allowedProgramHashes: [0x53f6c9fcfd31d27279ff7d7e422b44623550a732b59fe193354a7316a96daa1n],
      executeMaxSierraGas: 1_110_000_000,
    },
    syscalls: {
      Sha512ProcessBlock: [4737, { range_check: 65, bitwise: 3320 }],
      StorageRead: [240, { range_check: 1 }],
      StorageWrite: [599, { range_check: 1 }],
    },
    overheads: {},
  },
  {
    version: '0.14.4',
    scalars: {
      allowedProgramHashes: [
        0x53f6c9fcfd31d27279ff7d7e422b44623550a732b59fe193354a7316a96daa1n,
        0x1c7be3225dfb33359b3ba9ffbe1542b7da27879b6d89f47b967e512463fd324n,
      ],
    },
    syscalls: {
      CallContract: [901, { range_check: 18 }],
      LibraryCall: [874, { range_check: 18 }],
      MetaTxV0: {
        constant: [1307, { range_check: 20, pedersen: 9 }],
        perItem: [8, { pedersen: 1 }],
      },
      EmitEvent: [47, { range_check: 1 }],
      SendMessageToL1: { constant: [127, { range_check: 1 }], perItem: [6] },
      GetExecutionInfo: [111, { range_check: 2 }],
      GetBlockHash: [106, { range_check: 3 }],
      GetClassHashAt: [75, { range_check: 1 }],
      ReplaceClass: [92, { range_check: 1 }],
      KeccakRound: [223, { range_check: 45, keccak: 1, bitwise: 6 }],
      Sha256ProcessBlock: [1854, { range_check: 65, bitwise: 1115 }],
      Secp256k1New: [445, { range_check: 35 }],
      Secp256k1Add: [400, { range_check: 29 }],
      Secp256k1Mul: [76495, { range_check: 7045 }],
      Secp256k1GetPointFromX: [384, { range_check: 30 }],
      Secp256k1GetXy: [197, { range_check: 11 }],
      Secp256r1New: [564, { range_check: 49 }],
      Secp256r1Add: [585, { range_check: 57 }],
      Secp256r1Mul: [125336, { range_check: 13961 }],
      Secp256r1GetPointFromX: [503, { range_check: 44 }],
      Secp256r1GetXy: [199, { range_check: 11 }],
    },
    overheads: {
      INVOKE: {
        constant: [4779, { range_check: 110, pedersen: 4, poseidon: 11 }],
        perItem: [11, { poseidon: 1 }],
        itemsPerUnit: 2,
      },
      DECLARE: [3938, { range_check: 92, pedersen: 4, poseidon: 15 }],
      DEPLOY_ACCOUNT: {
        constant: [4989, { range_check: 113, pedersen: 10, poseidon: 10 }],
        perItem: [37, { pedersen: 2, poseidon: 1 }],
        itemsPerUnit: 2,
      },
      L1_HANDLER: {
        constant: [1329, { range_check: 19, pedersen: 11 }],
        perItem: [13, { pedersen: 1 }],
      },
    },
  },
]
