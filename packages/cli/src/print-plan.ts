import { sentences } from './failures.ts'
import type { Io } from './io.ts'
import type { Change, Plan } from './platform.ts'
import type { Colour, Screen } from './screen.ts'

const marks: Readonly<Record<Change['action'], readonly [string, Colour]>> = {
  add: ['+', 'green'],
  change: ['~', 'yellow'],
  remove: ['-', 'red'],
}

/** A plan for people: its faults, or its changes and the differences that callers would see. */
export function printPlan(plan: Plan, file: string, { out, notes }: Io): void {
  for (const { path, message, suggestion, line } of plan.faults) {
    const place = line === undefined ? file : `${file}:${line}`
    out.line(`${place}: ${path === '' ? '' : `${path}: `}${sentences(message, suggestion)}`, 'red')
  }
  for (const change of plan.changes) printChange(change, out)
  printDiff('OpenAPI', plan.openapiDiff, out)
  printDiff('GraphQL', plan.sdlDiff, out)
  notes.line(verdict(plan), plan.valid ? 'dim' : 'red')
}

export function breakingChanges({ changes }: Plan): readonly Change[] {
  return changes.filter(({ breaking }) => breaking)
}

function verdict(plan: Plan): string {
  const { valid, faults, changes, revision } = plan
  if (!valid) return `Not valid: ${counted(faults.length, 'fault')}. Nothing was changed.`
  if (changes.length === 0) return `Nothing to change at revision ${revision}.`
  const breaking = breakingChanges(plan).length
  return `${counted(changes.length, 'change')} to revision ${revision}${breaking > 0 ? `, ${breaking} of them breaking` : ''}.`
}

function printChange({ action, what, before, after, breaking }: Change, out: Screen): void {
  const [mark, colour] = marks[action]
  const values = before !== undefined && after !== undefined ? `: ${before} -> ${after}` : ''
  const only = values === '' && (after ?? before) !== undefined ? `: ${after ?? before}` : ''
  out.line(`${mark} ${action} ${what}${values}${only}${breaking ? '  (breaking)' : ''}`, colour)
}

function printDiff(title: string, diff: string, out: Screen): void {
  if (diff === '') return
  out.line('')
  out.line(title, 'bold')
  for (const line of diff.trimEnd().split('\n')) {
    out.line(line, line.startsWith('+') ? 'green' : line.startsWith('-') ? 'red' : 'dim')
  }
}

function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
