/**
 * Nothing is left out: every hint, builtin, syscall, instruction form, libfunc and error text of the tables runs here, on
 * both machines, which must agree. A name that the tables lack, or that nothing ran, fails.
 *
 * Libfuncs run in our own contracts, one call a family; what compilers do not emit runs in random programs with fixed
 * seeds and in a few lines of assembly. Numbers of runs are in the output.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type ContractName, contractNames, loadContract } from '../../src/contracts/catalogue.ts'
import { selector } from '../../src/felt/hash.ts'
import { packageRoot } from '../../src/shared/package-root.ts'
import { hintShapes } from '../../src/vm/hint-table.ts'
import { builtinNames, FAILED, FAULTED, RETURNED, syscallNames } from '../../src/vm/host.ts'
import { buildProgramImage } from '../../src/vm/program.ts'
import type { Frame } from '../../src/vm/reference/frame.ts'
import { decode, type Instruction } from '../../src/vm/reference/instruction.ts'
import { alloc, ap, assemble, deref, fp, returns, runOn, sum } from './_assembler.ts'
import { type RandomCall, runRandomCall } from './_calls.ts'
import { type CaseMachine, instructionCase, randomCase, runCase } from './_case.ts'
import { type Casm, subjectOf } from './_classes.ts'
import { compare, createPair } from './_compare.ts'
import { errorPrograms, errorRows, forms, textsElsewhere } from './_error-rows.ts'
import {
  type Family,
  families,
  hintsOfClasses,
  hintsOfPrograms,
  inOtherClasses,
  newerThanCairo,
  refusedHints,
  refusedLibfuncs,
} from './_families.ts'
import { casmOf } from './_programs.ts'
import { libfuncsOf } from './_sierra.ts'

const PROGRAMS = 300
const INSTRUCTIONS = 3000

const words = (text: string) => text.split(' ')
const listed = Object.values(families).flatMap(({ libfuncs }) => words(libfuncs))

/** What ran, by name. */
const counts = {
  hints: new Map<string, number>(),
  builtins: new Map<string, number>(),
  syscalls: new Map<string, number>(),
  forms: new Map<string, number>(),
  errors: new Set<string>(),
}
const pair = createPair()

function count(table: Map<string, number>, name: string, times = 1): void {
  table.set(name, (table.get(name) ?? 0) + times)
}

/** Runs a call on both machines, which must agree, and counts what the reference did. */
function run(what: string, invoke: (machine: CaseMachine) => ReturnType<typeof runCase>) {
  const frames = new Set<Frame>()
  pair.reference.onStep = (frame) => {
    frames.add(frame)
    for (const { name } of frame.program.hints.get(frame.pc.offset) ?? []) count(counts.hints, name)
    const word = frame.memory.get(frame.pc)
    if (typeof word !== 'bigint') return
    try {
      count(counts.forms, formOf(decode(word)))
    } catch {
      // A word that does not decode is no form, but an error.
    }
  }
  let ran: ReturnType<typeof runCase> | null = null
  const found = compare(pair, (machine) => {
    ran = invoke(machine)
    return ran
  })
  pair.reference.onStep = null
  assert.equal(found, [], what)
  for (const { builtins, memory, syscallCounts } of frames) {
    for (const { name, segment } of builtins) {
      const first = name === 'segment_arena' ? 3 : 0
      if (memory.used(segment) > first) count(counts.builtins, name)
    }
    syscallNames.forEach((name, i) => {
      if (syscallCounts[i]! > 0) count(counts.syscalls, name, syscallCounts[i]!)
    })
  }
  const { result } = ran!
  if (result.error !== null) counts.errors.add(result.error.text.trimEnd())
  return result
}

function formOf({ opcode, res, op1, pcUpdate, apUpdate, extension }: Instruction): string {
  if (extension === 'qm31') return `qm31 ${res}`
  if (extension !== 'none') return extension
  if (opcode === 'assertEq') return `assert ${res} ${op1}`
  if (opcode === 'call') return `call ${pcUpdate} ${op1}`
  if (opcode === 'ret') return 'ret'
  if (pcUpdate !== 'next') return `${pcUpdate} ${op1}`
  return apUpdate === 'add' ? `ap += ${op1}` : 'nop'
}

const subjects = new Map(
  (['numbers', 'data', 'syscalls'] as const).map((name) => {
    const contract = `libfuncs-${name}` as ContractName
    return [name, subjectOf({ name: contract, casm: loadContract(contract).casm as Casm })]
  }),
)

for (const [name, family] of Object.entries(families)) {
  test(`${name} run in libfuncs-${family.contract}.${family.entry}`, () => {
    const outcomes = family.calldata.map((calldata) => callFamily(name, family, calldata))
    // What fails by design has an entry point of its own.
    if (name === 'panics') assert.equal(outcomes.slice(0, 2), [RETURNED, FAULTED])
    else assert.ok(outcomes.includes(RETURNED), `${name}: ${outcomes}`)
    assert.ok(name === 'panics' || outcomes.every((one) => one <= FAILED), `${name}: ${outcomes}`)
  })
}

function callFamily(name: string, { contract, entry }: Family, calldata: bigint[]): number {
  const main = subjects.get(contract)!
  const other = subjects.get('numbers')!
  const call: RandomCall = {
    type: 'external',
    selector: selector(entry),
    calldata,
    caller: 0n,
    sender: 0x100n,
    accounting: 'gas',
    gas: 200_000_000,
    stepLimit: 1,
    pool: [0n],
    seed: 5n,
  }
  const ended = (['gas', 'steps'] as const).map((accounting) => {
    const { reference, fast } = pair
    return run(`${name} ${calldata}`, (machine) => {
      const way = { ...call, accounting, stepLimit: 20_000 }
      const ran =
        machine === fast
          ? runRandomCall(fast, way, main.fast, other.fast)
          : runRandomCall(
              reference,
              way,
              reference.addProgram('main', main.reference),
              reference.addProgram('other', other.reference),
            )
      if (typeof ran.result === 'string') throw new Error(ran.result)
      return { result: ran.result, host: ran.host }
    }).outcome
  })
  assert.is(ended[0], ended[1], `${name} ${calldata}`)
  return ended[0]!
}

test('each libfunc is declared by the contract of its family', () => {
  const declared = new Map(
    contractNames.map((name) => [
      name,
      libfuncsOf(loadContract(name).sierra.sierraProgram, listed),
    ]),
  )
  const missing: string[] = []
  for (const [name, { contract, libfuncs }] of Object.entries(families)) {
    const names = declared.get(`libfuncs-${contract}`)!
    for (const libfunc of words(libfuncs)) {
      if (!names.has(libfunc)) missing.push(`${name}: ${libfunc}`)
    }
  }
  const anywhere = new Set([...declared.values()].flatMap((names) => [...names]))
  for (const libfunc of words(inOtherClasses)) if (!anywhere.has(libfunc)) missing.push(libfunc)
  assert.equal(missing, [])
  const known = new Set([...listed, ...words(inOtherClasses)])
  assert.equal([...anywhere].filter((name) => !known.has(name)).sort(), [], 'not in the table')
  assert.is(new Set(listed).size, listed.length, 'a libfunc has one family')
  const others = [...words(newerThanCairo), ...words(refusedLibfuncs)]
  assert.ok(others.every((name) => !anywhere.has(name)))
  console.log(`libfuncs: ${known.size} run, ${others.length} newer or refused`)
})

test('random programs and instructions agree', () => {
  for (let seed = 1; seed <= PROGRAMS; seed++) {
    const entry = randomCase(pair.reference, seed, 0)
    run(`program ${seed}`, (machine) => runCase(machine, entry, 0))
  }
  for (let seed = 1; seed <= INSTRUCTIONS; seed++) {
    const entry = instructionCase(seed)
    run(`instruction ${seed}`, (machine) => runCase(machine, entry, 0))
  }
})

test('programs that fail do so with the text of their row', () => {
  const wrong: string[] = []
  for (const [row, { items, way }] of Object.entries(errorPrograms)) {
    const casm = casmOf(assemble(items), way?.builtins ?? [])
    const { error } = run(row, (machine) => runOn(machine, casm, way))
    if (!errorRows[row]!.test(error?.text.trimEnd() ?? '')) wrong.push(`${row}: ${error?.text}`)
  }
  assert.equal(wrong, [])
})

test('hints without an effect have none', () => {
  const [start, end] = [deref(fp(-4)), deref(fp(-4))]
  const items = [
    'AssertCurrentAccessIndicesIsEmpty',
    'AssertAllKeysUsed',
    'AssertLeAssertThirdArcExcluded',
  ].flatMap((name) => [{ [name]: {} }, 'ap += 0'])
  const used = { AssertAllAccessesUsed: { n_used_accesses: ap(-1) } }
  const print = { DebugPrint: { start, end } }
  const casm = casmOf(
    assemble([...items, used, 'ap += 0', print, 'ap += 0', alloc, 'ap += 1', '[ap - 1] = 0']),
    [],
  )
  const { error } = run('hints', (machine) => runOn(machine, casm))
  assert.is(error!.text, 'An ASSERT_EQ instruction failed: 6:0 != 0.\n')
})

test('calls by pointers and jumps by cells agree', () => {
  const items = [
    'jmp rel 3; ret; call rel -1; jmp rel 3; ret; [ap] = [ap - 1] + 2, ap++; call abs [ap - 1]',
    '[ap] = 1, ap++; [ap] = 1, ap++; jmp rel [ap - 1] if [ap - 2] != 0',
    returns(),
  ]
  const casm = casmOf(assemble(items), [])
  assert.is(run('forms', (machine) => runOn(machine, casm)).outcome, RETURNED)
})

test('every hint runs, and no class has others', () => {
  const expected = [...words(hintsOfClasses), ...words(hintsOfPrograms)].sort()
  assert.equal([...hintShapes.keys()].sort(), expected)
  assert.equal(
    expected.filter((name) => !counts.hints.has(name)),
    [],
    'never ran',
  )
  const compiled = new Set(
    [...subjects.values()].flatMap(({ reference }) =>
      [...reference.hints.values()].flatMap((group) => group.map(({ name }) => name)),
    ),
  )
  assert.equal([...compiled].sort(), words(hintsOfClasses).sort())
  for (const name of words(refusedHints)) {
    const hint = { [name]: { start: sum(ap(), 0n) } }
    const casm = casmOf(assemble([hint, 'ap += 0']), [])
    assert.throws(() => buildProgramImage(casm), /is not supported/)
    assert.throws(() => pair.reference.addClass('refused', casm))
  }
})

test('every builtin runs', () => {
  assert.equal(
    builtinNames.filter((name) => !counts.builtins.has(name)),
    [],
  )
})

test('every syscall runs', () => {
  // SHA-512 is newer than the contracts' compiler: spec/vm/syscalls.ts has programs of it.
  const elsewhere = 'Sha512ProcessBlock'
  assert.equal(
    syscallNames.filter((name) => !counts.syscalls.has(name)),
    [elsewhere],
  )
  assert.ok(sourceOf('spec/vm/syscalls.ts').includes(elsewhere))
})

test('every form of instruction runs', () => {
  assert.equal(
    forms.filter((name) => !counts.forms.has(name)),
    [],
  )
})

test('every error text occurs', () => {
  const texts = [...counts.errors]
  const missing = Object.entries(errorRows).filter(
    ([, row]) => !texts.some((text) => row.test(text)),
  )
  assert.equal(
    missing.map(([name]) => name),
    [],
  )
  // No error without a row.
  const unknown = texts.filter((text) => !Object.values(errorRows).some((row) => row.test(text)))
  assert.equal(unknown, [])
  for (const [text, file] of Object.entries(textsElsewhere)) {
    assert.ok(sourceOf(file).includes(text), `${text} is not in ${file}`)
  }
})

test.after(() => {
  for (const [name, table] of Object.entries(counts)) {
    if (table instanceof Set) console.log(`${name}: ${table.size} texts`)
    else console.log(`${name}: ${[...table].map(([key, times]) => `${key} ${times}`).join(', ')}`)
  }
})

function sourceOf(file: string): string {
  return readFileSync(join(packageRoot, file), 'utf8')
}

test.run()
