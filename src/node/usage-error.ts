/**
 * Something the user can put right: a command line, an environment, a folder, a port. The message is one plain sentence,
 * shown without a stack; the program ends with code 2.
 */
export class UsageError extends Error {
  override name = 'UsageError'
}
