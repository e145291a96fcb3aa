/**
 * What the Cairo VM must run, as tables: hints, and libfuncs by family with the entry point that uses them. Each
 * name is checked both ways by coverage.ts: what is listed must exist and run, what exists must be listed.
 */
import { encodeShortString, P } from '../../src/felt/felt.ts'

/** Hints of Cairo 1, by who runs them in this spec: compiled code, or hand-made and random programs. */
export const hintsOfClasses =
  'AllocConstantSize AllocFelt252Dict AllocSegment AssertLeFindSmallArcs AssertLeIsFirstArcExcluded ' +
  'AssertLeIsSecondArcExcluded DivMod EvalCircuit Felt252DictEntryInit Felt252DictEntryUpdate FieldSqrt ' +
  'GetCurrentAccessDelta GetCurrentAccessIndex GetNextDictKey GetSegmentArenaIndex InitSquashData LinearSplit ' +
  'RandomEcPoint ShouldContinueSquashLoop ShouldSkipSquashLoop SquareRoot SystemCall TestLessThan ' +
  'TestLessThanOrEqual TestLessThanOrEqualAddress U256InvModN Uint256DivMod Uint256SquareRoot ' +
  'Uint512DivModByUint256 WideMul128'
export const hintsOfPrograms =
  'Felt252DictRead Felt252DictWrite AssertAllAccessesUsed AssertLtAssertValidInput DebugPrint ' +
  'AssertCurrentAccessIndicesIsEmpty AssertAllKeysUsed AssertLeAssertThirdArcExcluded Cheatcode'
/** Hints of provers and tests: a class that has one is refused. */
export const refusedHints = 'AddRelocationRule WriteRunParam AddMarker AddTrace'

/** One call that runs a family of libfuncs. */
export interface Family {
  contract: 'numbers' | 'data' | 'syscalls'
  entry: string
  calldata: bigint[][]
  libfuncs: string
}

const unsigned = ['u8', 'u16', 'u32', 'u64']
const signed = ['i8', 'i16', 'i32', 'i64']
const each = (types: string[], suffixes: string) =>
  types.flatMap((type) => suffixes.split(' ').map((suffix) => `${type}_${suffix}`)).join(' ')
const signedSuffixes =
  'diff eq overflowing_add_impl overflowing_sub_impl to_felt252 try_from_felt252'
const secpSyscalls = 'new_syscall add_syscall mul_syscall get_point_from_x_syscall get_xy_syscall'
/** x of the generator of secp256k1, the low 128 bits first. */
const GENERATOR_X: [bigint, bigint] = [
  0x59f2815b16f81798n + (0x029bfcdb2dce28d9n << 64n),
  0x55a06295ce870b07n + (0x79be667ef9dcbbacn << 64n),
]

export const families: Record<string, Family> = {
  'unsigned integers': {
    contract: 'numbers',
    entry: 'unsigned',
    calldata: [
      [2n ** 127n + 5n, 2n ** 100n + 7n],
      [300n, 0n],
      [9n, 9n],
    ],
    libfuncs:
      `${each(unsigned, 'eq is_zero overflowing_add overflowing_sub safe_divmod sqrt bitwise wide_mul to_felt252 try_from_felt252')} ` +
      'bitwise u128_eq u128_is_zero u128_overflowing_add u128_overflowing_sub u128_safe_divmod u128_sqrt u128_to_felt252 ' +
      'u128_byte_reverse u128_guarantee_mul u128_mul_guarantee_verify',
  },
  'signed integers': {
    contract: 'numbers',
    entry: 'signed',
    calldata: [
      [5n, 3n],
      [P - 100n, 27n],
      [P - 2n ** 100n, 2n ** 99n],
    ],
    libfuncs: `${each([...signed, 'i128'], signedSuffixes)} ${each(signed, 'wide_mul')}`,
  },
  'wide integers': {
    contract: 'numbers',
    entry: 'wide',
    calldata: [
      [P % 2n ** 128n, 77n, 9n, 1n, 101n, 0n],
      [6n, 0n, 0n, 0n, 9n, 0n],
      [5n, 1n, 3n, 0n, 0n, 0n],
    ],
    libfuncs:
      'u256_is_zero u256_safe_divmod u256_sqrt u256_guarantee_inv_mod_n u512_safe_divmod_by_u256',
  },
  felts: {
    contract: 'numbers',
    entry: 'felts',
    calldata: [
      [P - 5n, 7n],
      [3n, 0n],
    ],
    libfuncs:
      'felt252_add felt252_sub felt252_mul felt252_div felt252_is_zero felt252_const felt252_add_const ' +
      'felt252_sub_const felt252_mul_const felt252_div_const',
  },
  booleans: {
    contract: 'numbers',
    entry: 'bools',
    calldata: [
      [0n, 1n],
      [1n, 1n],
    ],
    libfuncs: 'bool_and_impl bool_or_impl bool_xor_impl bool_not_impl bool_to_felt252',
  },
  'bounded integers': {
    contract: 'numbers',
    entry: 'bounded',
    calldata: [
      [200n, 100n],
      [0n, 0n],
    ],
    libfuncs:
      'bounded_int_add bounded_int_sub bounded_int_mul bounded_int_div_rem bounded_int_constrain ' +
      'bounded_int_is_zero bounded_int_wrap_non_zero',
  },
  casts: {
    contract: 'numbers',
    entry: 'casts',
    calldata: [[5n], [2n ** 63n], [P - 1n]],
    libfuncs:
      'upcast downcast u128s_from_felt252 bytes31_to_felt252 bytes31_try_from_felt252 unwrap_non_zero',
  },
  constants: {
    contract: 'numbers',
    entry: 'constants',
    calldata: [[]],
    libfuncs: `${each([...unsigned, ...signed, 'u128', 'i128'], 'const')} bytes31_const const_as_immediate`,
  },
  ranges: {
    contract: 'numbers',
    entry: 'ranges',
    calldata: [
      [3n, 9n],
      [9n, 3n],
    ],
    libfuncs: 'int_range_try_new int_range_pop_front',
  },
  'extension field': {
    contract: 'numbers',
    entry: 'extension',
    calldata: [
      [5n, 2n ** 31n - 2n],
      [3n, 0n],
    ],
    libfuncs:
      'qm31_add qm31_sub qm31_mul qm31_div qm31_const qm31_from_m31 qm31_is_zero qm31_pack qm31_unpack ' +
      'm31_add m31_sub m31_mul m31_div',
  },
  arrays: {
    contract: 'data',
    entry: 'arrays',
    calldata: [
      [7n, 1n, 2n, 3n, 4n, 5n, 6n, 7n, 2n],
      [9n, 1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n, 20n],
      [0n, 0n],
    ],
    libfuncs:
      'array_new array_append array_get array_len array_pop_front array_slice array_snapshot_pop_front ' +
      'array_snapshot_pop_back array_snapshot_multi_pop_front array_snapshot_multi_pop_back span_from_tuple ' +
      'tuple_from_span const_as_box',
  },
  boxes: {
    contract: 'data',
    entry: 'boxes',
    calldata: [
      [0n, 4n],
      [3n, 4n],
    ],
    libfuncs:
      'into_box unbox box_forward_snapshot null nullable_from_box match_nullable nullable_forward_snapshot ' +
      'struct_boxed_deconstruct',
  },
  'enums and structs': {
    contract: 'data',
    entry: 'enums',
    calldata: [0n, 1n, 2n, 3n, 9n].map((kind) => [kind, 12n]),
    libfuncs:
      'enum_init enum_match enum_from_bounded_int struct_construct struct_deconstruct ' +
      'struct_snapshot_deconstruct',
  },
  dictionaries: {
    contract: 'data',
    entry: 'dictionaries',
    calldata: [[0n], [5n, 8n, 2n ** 200n, 8n, 3n, 8n]],
    libfuncs:
      'felt252_dict_new felt252_dict_entry_get felt252_dict_entry_finalize felt252_dict_squash ' +
      'squashed_felt252_dict_entries',
  },
  circuits: {
    contract: 'data',
    entry: 'circuits',
    calldata: [
      [5n, 9n, 101n],
      [5n, 1n, 6n],
      [1n, 2n, 1n],
    ],
    libfuncs:
      'init_circuit_data add_circuit_input get_circuit_descriptor eval_circuit get_circuit_output ' +
      'try_into_circuit_modulus into_u96_guarantee u96_guarantee_verify circuit_failure_guarantee_verify ' +
      'u96_limbs_less_than_guarantee_verify u96_single_limb_less_than_guarantee_verify',
  },
  'elliptic curve': {
    contract: 'data',
    entry: 'points',
    calldata: [
      [1n, 5n],
      [0x1ef15c18599971b7beced415a40f0c7deacfd9b0d1819e03d723d8bc943cfcan, P - 3n],
      [5n, 0n],
    ],
    libfuncs:
      'ec_point_zero ec_point_try_new_nz ec_point_from_x_nz ec_point_is_zero ec_point_unwrap ec_neg ec_state_init ' +
      'ec_state_add ec_state_add_mul ec_state_try_finalize_nz',
  },
  hashes: {
    contract: 'data',
    entry: 'hashes',
    calldata: [[3n, P - 1n, 64n]],
    libfuncs: 'pedersen hades_permutation blake2s_compress blake2s_finalize',
  },
  gas: {
    contract: 'data',
    entry: 'gas',
    calldata: [
      [1000n, 7n],
      [2n ** 100n, 7n],
    ],
    libfuncs:
      'withdraw_gas withdraw_gas_all redeposit_gas get_builtin_costs gas_reserve_create gas_reserve_utilize ' +
      'coupon_buy coupon_call coupon_refund array_pop_front_consume',
  },
  panics: {
    contract: 'data',
    entry: 'panics',
    calldata: [[0n], [1n], [2n], [3n], [4n]],
    libfuncs: 'unsafe_panic',
  },
  control: {
    contract: 'data',
    entry: 'arrays',
    calldata: [[0n, 0n]],
    libfuncs:
      'function_call jump branch_align store_temp store_local alloc_local finalize_locals rename dup drop ' +
      'snapshot_take disable_ap_tracking enable_ap_tracking revoke_ap_tracking',
  },
  'execution info': {
    contract: 'syscalls',
    entry: 'info',
    calldata: [[]],
    libfuncs:
      'get_execution_info_syscall get_execution_info_v2_syscall class_hash_const class_hash_to_felt252 ' +
      'contract_address_to_felt252',
  },
  'block hashes': {
    contract: 'syscalls',
    entry: 'block_hash',
    calldata: [[5n], [999_999n]],
    libfuncs: 'get_block_hash_syscall',
  },
  'class at': {
    contract: 'syscalls',
    entry: 'class_at',
    calldata: [[0x100n]],
    libfuncs: 'get_class_hash_at_syscall contract_address_try_from_felt252',
  },
  storage: {
    contract: 'syscalls',
    entry: 'storage',
    calldata: [[77n, 3n, 5n]],
    libfuncs:
      'storage_read_syscall storage_write_syscall storage_address_from_base ' +
      'storage_address_from_base_and_offset storage_address_to_felt252 storage_address_try_from_felt252 ' +
      'storage_base_address_from_felt252',
  },
  events: {
    contract: 'syscalls',
    entry: 'emit',
    calldata: [[2n, 1n, 2n, 1n, 3n]],
    libfuncs: 'emit_event_syscall',
  },
  messages: {
    contract: 'syscalls',
    entry: 'message',
    calldata: [[5n, 2n, 1n, 2n]],
    libfuncs: 'send_message_to_l1_syscall',
  },
  calls: {
    contract: 'syscalls',
    entry: 'call',
    calldata: [[1n, 1n, 0n]],
    libfuncs: 'call_contract_syscall',
  },
  'library calls': {
    contract: 'syscalls',
    entry: 'library',
    calldata: [[2n, 1n, 0n]],
    libfuncs: 'library_call_syscall class_hash_try_from_felt252',
  },
  'meta transactions': {
    contract: 'syscalls',
    entry: 'meta',
    calldata: [[1n, 1n, 0n, 1n, 9n]],
    libfuncs: 'meta_tx_v0_syscall',
  },
  deployment: {
    contract: 'syscalls',
    entry: 'deploy',
    calldata: [[2n, 5n, 0n, 0n]],
    libfuncs: 'deploy_syscall',
  },
  'class replacement': {
    contract: 'syscalls',
    entry: 'replace',
    calldata: [[2n]],
    libfuncs: 'replace_class_syscall',
  },
  keccak: {
    contract: 'syscalls',
    entry: 'keccak',
    calldata: [
      [17n, ...Array.from({ length: 17 }, (_, i) => BigInt(i))],
      [1n, 5n],
    ],
    libfuncs: 'keccak_syscall',
  },
  sha256: {
    contract: 'syscalls',
    entry: 'sha256',
    calldata: [[encodeShortString('word'), 2n]],
    libfuncs: 'sha256_process_block_syscall sha256_state_handle_init sha256_state_handle_digest',
  },
  secp256k1: {
    contract: 'syscalls',
    entry: 'secp256k1',
    calldata: [[...GENERATOR_X, 5n, 7n]],
    libfuncs: each(['secp256k1'], secpSyscalls),
  },
  secp256r1: {
    contract: 'syscalls',
    entry: 'secp256r1',
    calldata: [[5n, 0n, 5n, 7n]],
    libfuncs: each(['secp256r1'], secpSyscalls),
  },
}

/** Libfuncs that our other classes declare: accounts, tokens and workloads have them from code that is not about them. */
export const inOtherClasses =
  'contract_address_const storage_base_address_const bounded_int_trim_min bounded_int_trim_max enum_snapshot_match'
/** Known to the compiler to CASM that nodes have, not yet to the one from Cairo: their code needs nothing new. */
export const newerThanCairo =
  'blake2s_compress_guarantees blake2s_finalize_guarantees bounded_int_guarantee_verify ec_neg_nz enum_boxed_match ' +
  'get_execution_info_v3_syscall local_into_box sha512_process_block_syscall sha512_state_handle_digest ' +
  'sha512_state_handle_init u128_to_u32_guarantees'
/** Compiles to a hint that is refused. */
export const refusedLibfuncs = 'trace'
