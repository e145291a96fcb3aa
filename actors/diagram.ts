/**
 * Draws the statecharts from the machines themselves, as Mermaid: `npm run diagrams` writes them to actors/README.md,
 * and a spec fails when that file is stale. Nobody draws one by hand.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { AnyStateMachine, AnyStateNode } from 'xstate'
import { packageRoot } from '../src/shared/package-root.ts'
import { commit } from './commit.ts'
import { conflicts } from './conflicts.ts'
import { execution } from './execution.ts'
import { intake } from './intake.ts'
import { ordering } from './ordering.ts'
import { sequencer } from './sequencer.ts'

/** Every machine, the supervisor first, then the stages in the order of a transaction's way. */
export const machines: AnyStateMachine[] = [
  sequencer,
  intake,
  ordering,
  execution,
  conflicts,
  commit,
]

/** Where the diagrams are kept. */
export const diagramsPath = join(packageRoot, 'actors', 'README.md')

/** The whole text of actors/README.md. */
export function diagrams(): string {
  const parts = machines.map((machine) => {
    const states = describe(machine.root).map((line) => `| ${line.join(' | ')} |`)
    const table = ['| state | meaning |', '|---|---|', ...states].join('\n')
    return `## ${machine.id}\n\n\`\`\`mermaid\n${diagramOf(machine)}\n\`\`\`\n\n${table}\n`
  })
  return `# The statecharts\n\nDrawn from the machines by \`npm run diagrams\`.\n\n${parts.join('\n')}`
}

/** One machine as a Mermaid `stateDiagram-v2`. */
export function diagramOf(machine: AnyStateMachine): string {
  const root = machine.root
  const inside = [...draw(root, '    '), ...arrows(root).map((arrow) => `    ${arrow}`)]
  return ['stateDiagram-v2', `  state ${machine.id} {`, ...inside, '  }'].join('\n')
}

function draw(node: AnyStateNode, indent: string): string[] {
  const children = Object.values(node.states)
  const lines: string[] = []
  const initial = node.initial?.target[0]
  if (initial) lines.push(`${indent}[*] --> ${name(initial)}`)
  for (const [place, child] of children.entries()) {
    if (node.type === 'parallel' && place > 0) lines.push(`${indent}--`)
    if (Object.keys(child.states).length > 0) {
      lines.push(`${indent}state ${name(child)} {`, ...draw(child, `${indent}  `), `${indent}}`)
    }
    lines.push(...arrows(child).map((arrow) => indent + arrow))
    if (child.type === 'final') lines.push(`${indent}${name(child)} --> [*]`)
  }
  return lines
}

function arrows(node: AnyStateNode): string[] {
  const transitions = [...node.transitions.values()].flat().concat(node.always ?? [])
  return transitions.flatMap((transition) =>
    (transition.target ?? []).map((target) => {
      const label = [eventName(transition.eventType), guardName(transition.guard)]
      const text = label.filter((part) => part !== '').join(' ')
      return `${name(node)} --> ${name(target)}${text ? ` : ${text}` : ''}`
    }),
  )
}

function eventName(type: string): string {
  if (type.startsWith('xstate.after.')) return `after ${type.split('.')[2]}`
  if (type.startsWith('xstate.done.')) return 'done'
  if (type.startsWith('xstate.error.')) return 'error'
  return type
}

function guardName(guard: unknown): string {
  const text = typeof guard === 'object' && guard && 'type' in guard ? String(guard.type) : guard
  return typeof text === 'string' ? `[${text}]` : ''
}

function name(node: AnyStateNode): string {
  return node.path.join('_') || 'anywhere'
}

function describe(node: AnyStateNode): string[][] {
  return Object.values(node.states).flatMap((child) => [
    ...(child.description ? [[child.path.join('.'), child.description]] : []),
    ...describe(child),
  ])
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(diagramsPath, diagrams())
