import { sentences } from './failures.ts'
import { type Change, type Fault, type Plan, type PlannedGate, shortTime } from './platform.ts'
import type { Colour, Screen } from './screen.ts'

const marks: Readonly<Record<Change['action'], readonly [string, Colour]>> = {
  add: ['+', 'green'],
  change: ['~', 'yellow'],
  remove: ['-', 'red'],
}

/** How many lines of each diff are shown: one change of a model is hundreds of lines of OpenAPI, which bury the answer. */
const diffLines = {
  none: { openapi: 0, sdl: 0 },
  brief: { openapi: 0, sdl: 40 },
  whole: { openapi: Infinity, sdl: Infinity },
} as const

export const diffOption = ['--diff', 'show what changes in OpenAPI and in GraphQL, whole'] as const

/** A plan for people: its faults, or its changes and the differences that callers would see; the summary comes last. */
export function printPlan(plan: Plan, file: string, out: Screen, shown: keyof typeof diffLines): void {
  for (const fault of plan.faults) out.line(faultText(fault, file), 'red')
  for (const change of plan.changes) printChange(change, out)
  printDiff('OpenAPI', plan.openapiDiff, diffLines[shown].openapi, out)
  printDiff('GraphQL', plan.sdlDiff, diffLines[shown].sdl, out)
  for (const gate of plan.gates ?? []) out.line(gateText(gate), gate.passed ? 'green' : 'yellow')
  for (const note of plan.notes ?? []) out.line(`Note: ${note}`, 'yellow')
  out.line(verdict(plan), plan.valid ? 'bold' : 'red')
}

/** "astra.yaml:12: models.spam.ownr: is no field. Did you mean "owner"?" */
export function faultText({ path, message, suggestion, line }: Fault, file: string): string {
  const place = line === undefined ? file : `${file}:${line}`
  return `${place}: ${path === '' ? '' : `${path}: `}${sentences(message, suggestion)}`
}

export function breakingChanges({ changes }: Plan): readonly Change[] {
  return changes.filter(({ breaking }) => breaking)
}

function verdict(plan: Plan): string {
  const { valid, faults, changes, revision } = plan
  if (!valid) return `Not valid: ${counted(faults.length, 'fault')}. Nothing was changed.`
  if (changes.length === 0) return `Nothing to change at revision ${revision}.`
  const breaking = breakingChanges(plan).length
  const effect =
    breaking === 0
      ? 'breaks no caller'
      : `${counted(breaking, 'change')} ${breaking === 1 ? 'breaks' : 'break'} callers`
  return `${counted(changes.length, 'change')} to revision ${revision}: ${effect}.`
}

function printChange({ action, what, before, after, breaking }: Change, out: Screen): void {
  const [mark, colour] = marks[action]
  const values = before !== undefined && after !== undefined ? `: ${before} -> ${after}` : ''
  const only = values === '' && (after || before) ? `: ${after ?? before}` : ''
  out.line(`${mark} ${action} ${what}${values}${only}${breaking ? '  (breaking)' : ''}`, colour)
}

function gateText({ contract, version, data, cases, require, passed, missed }: PlannedGate): string {
  const gate = `Gate of ${contract} on ${data}`
  return passed
    ? `${gate}: ${version} passed it on ${shortTime(passed.at)} UTC (${passed.words}${missedText(missed)})`
    : `${gate}: ${version} will be asked ${counted(cases, 'case')} (${require}${missedText(missed)})`
}

export function missedText(missed = 0): string {
  return missed === 0 ? '' : `; missed ${missed === 1 ? 'once' : `${missed} times`} before`
}

function printDiff(title: string, diff: string, linesMax: number, out: Screen): void {
  if (diff === '' || linesMax === 0) return
  const lines = diff.trimEnd().split('\n')
  out.line('')
  out.line(title, 'bold')
  for (const line of lines.slice(0, linesMax)) {
    out.line(line, line.startsWith('+') ? 'green' : line.startsWith('-') ? 'red' : 'dim')
  }
  const more = lines.length - linesMax
  if (more > 0) out.line(`… ${counted(more, 'more line')}: --diff`, 'dim')
  out.line('')
}

function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
