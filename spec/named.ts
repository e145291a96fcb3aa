/**
 * Programs by name: `npm run bench -- NAME [OPTION ...]` and `npm run campaign -- NAME [OPTION ...]` run a module of one
 * folder, which exports `run(args)`. What the user can put right is told in one sentence and ends with code 2, as in the
 * product.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError } from '../src/node/usage-error.ts'

/** Names that a folder offers. */
export function namesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => /^[a-z-]+\.[jt]s$/.test(file) && !file.startsWith('main.'))
    .map((file) => file.slice(0, -'.js'.length))
    .sort()
}

/** Runs the program that the first argument names with the arguments behind it. */
export async function runNamed(kind: string, folder: string, words: string[]): Promise<void> {
  const [name = '', ...args] = words
  try {
    const names = namesIn(folder)
    if (!names.includes(name)) {
      throw new UsageError(
        `expected the name of a ${kind}, one of ${names.join(', ')}; got '${name}'`,
      )
    }
    const program: { run: (args: string[]) => Promise<void> | void } = await import(
      join(folder, `${name}.js`)
    )
    await program.run(args)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const isUsersAffair = error instanceof UsageError || code?.startsWith('ERR_PARSE_ARGS')
    if (!isUsersAffair) throw error
    console.error(`fugue: ${message}`)
    process.exit(2)
  }
}

/** Reads a number that an option has, `least` or more. */
export function numberOf(option: string, text: string, least = 1): number {
  const number = Number(text)
  if (text !== '' && number >= least) return number
  throw new UsageError(`--${option}: expected a number from ${least} on, got '${text}'`)
}
