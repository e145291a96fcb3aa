/**
 * Truth tables of statecharts: a row is (state, event) and the state that must follow, from XState's pure step.
 */
import * as assert from 'uvu/assert'
import { type AnyStateMachine, transition } from 'xstate'

export interface Row {
  from: unknown
  /** Changes to the machine's context before the event. */
  with?: Record<string, unknown>
  event: { type: string } & Record<string, unknown>
  to: unknown
  /** Entries that the context must have afterwards. */
  leaves?: Record<string, unknown>
}

/** Checks every row against the machine; `context` is the full context to start from. */
export function checkTable(
  machine: AnyStateMachine,
  context: Record<string, unknown>,
  rows: Row[],
): void {
  const alone = withoutParent(machine)
  for (const row of rows) {
    const state = alone.resolveState({
      value: row.from as never,
      context: { ...context, ...row.with },
    })
    const [next] = transition(alone, state, row.event as never)
    const told = `${JSON.stringify(row.from)} on ${row.event.type} ${JSON.stringify(row.with ?? {})}`
    assert.equal(next.value, row.to, told)
    for (const [key, value] of Object.entries(row.leaves ?? {})) {
      assert.equal((next.context as Record<string, unknown>)[key], value, `${told}: ${key}`)
    }
  }
}

/** The machine with its messages to the supervisor left out: the pure step has nobody to send them to. */
function withoutParent(machine: AnyStateMachine): AnyStateMachine {
  const actions = Object.entries(machine.implementations.actions)
    .filter(([, action]) => (action as { type?: string }).type === 'xstate.sendTo')
    .map(([name]) => [name, () => {}])
  return machine.provide({ actions: Object.fromEntries(actions) })
}

/** The event that an invoked actor's end gives. */
export function done(machine: AnyStateMachine, state: string, output: unknown): Row['event'] {
  return { type: `xstate.done.actor.0.${machine.id}.${state}`, output }
}

export function failed(machine: AnyStateMachine, state: string, error: unknown): Row['event'] {
  return { type: `xstate.error.actor.0.${machine.id}.${state}`, error }
}
