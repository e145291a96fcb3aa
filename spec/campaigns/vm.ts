/**
 * `npm run fuzz -- [--minutes N] [--seed S]`: compares the two Cairo machines until the time is up, and the reference
 * with Blockifier where its binary is at hand. Prints every difference with what repeats it.
 */
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { numberOf } from '../named.ts'
import { oraclePath } from '../vectors.ts'
import { type Case, instructionCase, randomCase, runCase } from '../vm/_case.ts'
import { classesAtHand, subjectOf } from '../vm/_classes.ts'
import { compare, createPair, type Pair } from '../vm/_compare.ts'
import { Search } from '../vm/_fuzz.ts'
import { judge } from '../vm/_judge.ts'
import { judgeCalls } from '../vm/_judged-calls.ts'
import { Random } from '../vm/_random.ts'
import { canBeJudged, differences } from '../vm/_verdict.ts'

const JUDGED_AT_ONCE = 200

/** A sort of runs: compares one by its seed. */
type Sort = (pair: Pair, seed: number) => string[]

const sorts: Record<string, Sort> = {
  instructions: (pair, seed) => compareCase(pair, instructionCase(seed)),
  programs: (pair, seed) => compareCase(pair, randomCase(pair.reference, seed, 0)),
}

/** How many runs of a sort make one round, and how many calls of each class and of its mutants. */
const perRound: Record<string, number> = { instructions: 2000, programs: 100 }
const CALLS_PER_ROUND = 2000
const MUTANTS_PER_ROUND = 1000

export function run(args: string[]): void {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: 'string', default: '5' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    },
  })
  const end = Date.now() + 60_000 * numberOf('minutes', values.minutes, 0)
  let seed = numberOf('seed', values.seed, 0)
  const subjects = classesAtHand().map(subjectOf)
  console.log(`seed ${seed}, ${subjects.length} classes`)
  const counts: Record<string, number> = { judged: 0 }
  let found = 0
  let pair = createPair()
  const report = (sort: string, at: number, texts: string[]) => {
    if (texts.length === 0) return
    found++
    console.log(`${sort} FUGUE_SEED=${at}: ${texts.join('; ').slice(0, 1000)}`)
  }
  for (let round = 0; Date.now() < end; round++) {
    for (const [sort, one] of Object.entries(sorts)) {
      for (let i = 0; i < perRound[sort]! && Date.now() < end; i++, seed++) {
        try {
          report(sort, seed, one(pair, seed))
        } catch (error) {
          report(sort, seed, [String((error as Error).stack)])
          pair = createPair()
        }
        counts[sort] = (counts[sort] ?? 0) + 1
      }
    }
    const subject = subjects[round % subjects.length]!
    const calls = new Search(subject, subjects, seed).search(CALLS_PER_ROUND, MUTANTS_PER_ROUND)
    report(`calls FUGUE_CLASS=${subject.name}`, seed, calls.difference ? [calls.difference] : [])
    counts.calls = (counts.calls ?? 0) + calls.calls
    counts.mutants = (counts.mutants ?? 0) + calls.mutants
    if (existsSync(oraclePath) && Date.now() < end) {
      counts.judged! += judgeRound(pair, seed, report)
      seed += JUDGED_AT_ONCE
      const random = new Random(seed)
      const some = [random.pick(subjects), random.pick(subjects), random.pick(subjects)]
      const half = JUDGED_AT_ONCE / 2
      const judged = judgeCalls(some, seed, half, half)
      report('judged calls', seed, judged.differences)
      counts.judgedCalls = (counts.judgedCalls ?? 0) + judged.cases
    }
    console.log(
      `${new Date().toISOString()} seed ${seed} ${JSON.stringify(counts)} ${found} differ`,
    )
  }
  if (found > 0) process.exitCode = 1
}

function compareCase(pair: Pair, entry: Case): string[] {
  return compare(pair, (machine) => runCase(machine, entry, 0))
}

/** One block for Blockifier, half instructions, half programs. */
function judgeRound(
  { reference }: Pair,
  seed: number,
  report: (sort: string, at: number, texts: string[]) => void,
): number {
  const cases: Case[] = []
  const seeds: number[] = []
  for (let i = 0; i < JUDGED_AT_ONCE; i++) {
    const entry =
      i % 2 === 0 ? instructionCase(seed + i) : randomCase(reference, seed + i, cases.length)
    if (!canBeJudged(reference, entry, cases.length)) continue
    cases.push(entry)
    seeds.push(seed + i)
  }
  judge(cases).forEach((judgement, i) => {
    report(
      'judged',
      seeds[i]!,
      differences(cases[i]!, i, runCase(reference, cases[i]!, i), judgement),
    )
  })
  return cases.length
}
