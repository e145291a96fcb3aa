/**
 * The private memory of an interpreter instance, and the numbers that its WebAssembly and TypeScript share.
 *
 *     bytes from    holds
 *     0             control: registers of the running call, error, scratch cells, saved registers of outer calls
 *     64 KiB        segment tables of the open calls, 16 bytes a segment: base, capacity, used, rule
 *     1 MiB + 64 K  access bitmap, one bit a cell by physical address (steps accounting only)
 *     10 MiB        program images
 *     106 MiB       execution stacks of the open calls, nested
 *     1130 MiB      heap: all other segments
 *
 * Invariant: cells outside of open calls are zero, so what is allocated is unset. This file is compiled by both
 * compilers: plain numbers only.
 */

export const MEMORY_PAGES = 32768
export const TABLE_START = 0x10000
export const TABLE_END = 0x110000
export const MARKS_START = 0x110000
export const PROGRAMS_START = 0xa00000
export const PROGRAMS_END = 0x6a00000
export const STACK_START = 0x6a00000
export const STACK_END = 0x46a00000
export const HEAP_START = 0x46a00000
export const HEAP_END = 0x7fff0000

/** Registers of the running call, 4 bytes each; saved and restored around a nested call. */
export const REGISTERS = 1024
/** Image of the program, its records, its cells, its length with the two words of the tail. */
export const IMAGE = 1024
export const RECORDS = 1028
export const PROGRAM_CELLS = 1032
export const PROGRAM_WORDS = 1036
/** Segment table of the call and the number of its segments. */
export const TABLE = 1040
export const SEGMENT_COUNT = 1044
/** Next free address of the heap. */
export const HEAP_TOP = 1048
/** Cell 0 of the execution segment; end of what was written above ap's reach. */
export const STACK_BASE = 1052
export const STACK_HIGH = 1056
/** Physical addresses. */
export const AP = 1060
export const FP = 1064
export const PC_SEGMENT = 1068
export const PC_OFFSET = 1072
/** Steps done, steps until the next pause, and the limit. */
export const STEPS = 1076
export const STEP_PAUSE = 1080
export const STEP_LIMIT = 1084
export const END_SEGMENT = 1088
/** Next free cell of the constant-size area: segment (0 none) and offset. */
export const CONSTANT_SEGMENT = 1092
export const CONSTANT_OFFSET = 1096
/** A write past the end of the program was seen. */
export const PROGRAM_OVERRUN = 1100
/** Output cells of builtins that were written instead of deduced. */
export const WRITTEN_OUTPUTS = 1104
/** 1 when accesses are marked. */
export const MARKING = 1108
export const BLAKE_COUNT = 1112
/** Segment and offset of the instance whose deduced outputs lie in DEDUCED. */
export const DEDUCED_SEGMENT = 1116
export const DEDUCED_OFFSET = 1120
/** 1 while a hint runs: an error belongs to the hint. */
export const IN_HINT = 1124
/** What the loop dispatches on when it comes back after a pause. */
export const RESUME_KIND = 1128
/** Where the next syscall's request is read. */
export const SYSCALL_SEGMENT = 1132
export const SYSCALL_OFFSET = 1136
/** First cell that the call returned. */
export const RETURNED_ADDRESS = 1140
export const REGISTERS_END = 1152

/** What went wrong: code, address, operands. */
export const ERROR_CODE = 1152
export const ERROR_SEGMENT = 1156
export const ERROR_OFFSET = 1160
export const ERROR_DETAIL = 1164
export const ERROR_HINT = 1168
export const ERROR_A = 1216
export const ERROR_B = 1248

/** Scratch cells of the general step. */
export const VALUE_DST = 1280
export const VALUE_OP0 = 1312
export const VALUE_OP1 = 1344
export const VALUE_RES = 1376
export const DEDUCED = 1408
export const BUILTIN_INPUTS = 1536
export const OPERAND_SCRATCH = 1792
export const FIELD_SCRATCH = 2048
/** Operands and results of hints that run in TypeScript, 16 cells each. */
export const HINT_ARGUMENTS = 3072
export const HINT_RESULTS = 3584
/** Digits of a long division. */
export const DIVISION_SCRATCH = 5888
/** Why compiled code ended, and the native stack that it may still use. */
export const TIER_STATUS = 6400
export const NATIVE_ROOM = 6404
/** More steps than compiled code makes between two looks at limits: a pause, all frames to their ends, a function. */
export const TIER_SLACK = 1114112
/** Scratch for the host side. */
export const HOST_SCRATCH = 4096
/** Cells of the price segment, their number; and what frequent syscalls cost beyond what compiled code has paid, 8 bytes each. */
export const PRICES = 8192
export const PRICE_COUNT = 7
export const READ_COST = 8416
export const WRITE_COST = 8424
export const EVENT_COST = 8432
/** Saved registers of outer calls, 128 bytes each. */
export const SAVED = 0x4000
/** A cell of each open call for values on their way from the host. */
export const OUT_CELLS = 0xb000

/** Cells that an entry point leaves on the stack behind its builtin pointers. */
export const RETURN_CELLS = 5

/** Rules of a segment. */
export const RULE_NONE = 0
export const RULE_RANGE_CHECK = 1
export const RULE_RANGE_CHECK96 = 2
export const RULE_PEDERSEN = 3
export const RULE_BITWISE = 4
export const RULE_EC_OP = 5
export const RULE_POSEIDON = 6
export const RULE_MOD = 7
export const RULE_STACK = 8
export const RULE_PROGRAM = 9
export const RULE_ARENA = 10

/** How `runGas`, `runSteps` and everything below them ends. */
export const DONE = 0
export const FAULT = 1
export const HALT_RUN = 2
export const HOST_FAULT = 3
/** The interpreter stands at the start of a function: compiled code may take over. */
export const AT_CALL = 4
/** What the host says of a request for storage or an event whose response, of a failure, it has written itself. */
export const ALREADY_ANSWERED = -1

/** Why the loop over records stops. */
export const EXIT_HINT = 0
export const EXIT_PAUSE = 1
export const EXIT_STEP = 2
export const EXIT_CALL = 3

export const PAUSE_STEPS = 4096
/** More steps than a straight line through the longest program, and a pause, can take. */
export const STRAIGHT_STEPS = 98304
/** Cells that ap may climb between two pauses, and more than an offset reaches. */
export const STACK_RESERVE = 131072
/** ap and fp go no farther than here, so that every operand is on the stack; where they would, the run faults. */
export const STACK_TOP = STACK_END - STACK_RESERVE * 32
/** Behind here steps are taken one by one: only the general step sees where ap passes STACK_TOP. */
export const STACK_EDGE = STACK_TOP - STACK_RESERVE * 32
/** Compiled code starts with ap up to here: each of its steps may take two cells, and it stays below STACK_EDGE. */
export const TIER_TOP = STACK_EDGE - TIER_SLACK * 64
export const MAX_SEGMENT_CELLS = 67108864
export const MAX_SEGMENTS = 65536

/** The image: header of 64 bytes, records, cells, hints, immediates of hints. */
export const IMAGE_WORDS = 0
export const IMAGE_RECORDS = 4
export const IMAGE_CELLS = 8
export const IMAGE_HINTS = 12
export const IMAGE_BYTES = 16
export const IMAGE_BELOW = 20
export const IMAGE_ABOVE = 24
export const IMAGE_MAGIC = 28
export const IMAGE_MAGIC_VALUE = 0x32564d46
export const IMAGE_HEADER_BYTES = 64

/** Record of a word: what to dispatch on, flags, kind, what to dispatch on behind hints, hints, operands, immediate. */
export const RECORD_FLAGS = 1
export const RECORD_KIND = 2
export const RECORD_PLAIN = 3
export const RECORD_HINT = 4
export const RECORD_DST = 8
export const RECORD_OP0 = 12
export const RECORD_OP1 = 16
export const RECORD_SIZE = 20
export const RECORD_IMMEDIATE = 24

export const DST_FP = 1
export const OP0_FP = 2
export const OP1_FP = 4
/** The size of a cell, so that `ap += flags & AP_PLUS` is the update. */
export const AP_PLUS = 32

/** Kinds of words: what they do, and when that is simple enough. */
export const KIND_IMMEDIATE = 0
export const KIND_COPY = 1
export const KIND_DEREF = 2
export const KIND_ADD_IMMEDIATE = 3
export const KIND_ADD = 4
export const KIND_JNZ = 5
export const KIND_JUMP = 6
export const KIND_CALL = 7
export const KIND_RETURN = 8
export const KIND_ADVANCE = 9
export const KIND_JUMP_CELL = 10
export const KIND_BIG_IMMEDIATE = 11
export const KIND_ADD_BIG = 12
export const KIND_MUL = 13
export const KIND_MUL_IMMEDIATE = 14
export const KIND_GENERAL = 15
/** Dispatched on instead: words that set [ap] and add 1 to it, to a copy from ap or fp, and so on. */
export const KIND_PUSH_AP = 16
export const KIND_PUSH_FP = 17
export const KIND_PUSH_DEREF = 18
export const KIND_PUSH_ADD = 19
export const KIND_PUSH_IMMEDIATE = 20
/** Dispatched on before: a comparison as only hint, other hints, a jump backwards. Then comes the kind of the word. */
export const KIND_LESS = 21
export const KIND_LESS_OR_EQUAL = 22
export const KIND_HINT = 23
export const KIND_CHECK = 24

/** Hint records: code, last, size; then operands of 16 bytes, then results of 4. */
export const OPERAND_DEREF = 0
export const OPERAND_DOUBLE_DEREF = 1
export const OPERAND_IMMEDIATE = 2
export const OPERAND_ADD_DEREF = 3
export const OPERAND_ADD_IMMEDIATE = 4
export const OPERAND_MUL_DEREF = 5
export const OPERAND_MUL_IMMEDIATE = 6
/** What an operand must be. */
export const WANT_ANY = 0
export const WANT_FELT = 1
export const WANT_POINTER = 2

/** Codes of the hints that run in WebAssembly; the rest start at FIRST_RARE_HINT. */
export const HINT_ALLOC_SEGMENT = 0
export const HINT_TEST_LESS = 1
export const HINT_TEST_LESS_OR_EQUAL = 2
export const HINT_DIV_MOD = 3
export const HINT_LINEAR_SPLIT = 4
export const HINT_WIDE_MUL = 5
export const HINT_ALLOC_CONSTANT = 6
export const HINT_SYSTEM_CALL = 7
export const FIRST_RARE_HINT = 16

/** Errors; their texts are in src/vm/errors.ts. */
export const E_UNKNOWN_CELL = 1
export const E_EXPECTED_INTEGER = 2
export const E_EXPECTED_POINTER = 3
export const E_ENCODING = 4
export const E_OP1_SOURCE = 5
export const E_PC_UPDATE = 6
export const E_RES = 7
export const E_OPCODE = 8
export const E_EXTENSION = 9
export const E_BLAKE_FLAGS = 10
export const E_QM31_FLAGS = 11
export const E_AP_UPDATE = 12
export const E_IMMEDIATE_OFFSET = 13
export const E_UNKNOWN_OP0 = 14
export const E_ADDRESS_NOT_POINTER = 15
export const E_NEGATIVE_OFFSET = 16
export const E_OFFSET_EXCEEDED = 17
export const E_ADD_POINTERS = 18
export const E_SUB_SEGMENTS = 19
export const E_SUB_FROM_INT = 20
export const E_MUL_POINTERS = 21
export const E_OPERAND = 22
export const E_NO_DST = 23
export const E_CONFLICT = 24
export const E_RANGE_CHECK = 25
export const E_RANGE_CHECK_POINTER = 26
export const E_ASSERT = 27
export const E_RETURN_PC = 28
export const E_RETURN_FP = 29
export const E_JUMP = 30
export const E_JUMP_RELATIVE = 31
export const E_MEMORY = 32
export const E_STEPS = 33
export const E_BITWISE_RANGE = 34
export const E_BUILTIN_INTEGER = 35
export const E_EC_CURVE = 36
export const E_EC_SAME_X = 37
export const E_EC_INFINITY = 38
export const E_RES_ADVANCE = 39
export const E_HINT = 42
export const E_TO_USIZE = 43
export const E_QM31_UNREDUCED = 45
export const E_RES_ASSERT = 46
export const E_NOT_RELOCATED = 47
