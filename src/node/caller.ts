/**
 * Who waits for the answer of one call: until it was answered, its time is over, or the client has gone away.
 *
 * Most methods do not ask, so the signal is made when one does.
 */
export class Caller {
  readonly #gone: AbortSignal | undefined
  #controller: AbortController | null = null
  readonly #leave = () => this.leave()

  /** `gone`: the connection was closed. */
  constructor(gone?: AbortSignal) {
    this.#gone = gone
  }

  /** Says when nobody waits any more. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController()
      if (this.#gone?.aborted) this.#controller.abort()
      else this.#gone?.addEventListener('abort', this.#leave)
    }
    return this.#controller.signal
  }

  /** Nobody waits any more, answered or not. */
  leave(): void {
    this.release()
    this.#controller?.abort()
  }

  /** The call was answered. */
  release(): void {
    this.#gone?.removeEventListener('abort', this.#leave)
  }
}
