import type { YAMLError } from 'yaml'
import type { Violation } from '../../kernel/errors.ts'

/**
 * What YAML's parser found, once and in words for who wrote the file: one slip makes it say up to six things, of which the first in the
 * file is the slip and the others are its consequences.
 */
export function syntaxFault(
  errors: readonly YAMLError[],
  yaml: string,
  lineAt: (offset: number) => number,
): Violation | undefined {
  const [first] = errors.toSorted((a, b) => a.pos[0] - b.pos[0])
  if (!first) return undefined
  const lines = yaml.split('\n')
  const at = lineAt(first.pos[0])
  // What begins with a comment is at fault where it goes on.
  const line = isRead(lines[at - 1] ?? '') ? at : nextLine(lines, at)
  const told = rows.map((row) => row(first, lines, line)).find((one) => one !== undefined)
  return { path: '', line, ...(told ?? { message: headline(first.message) }) }
}

type Told = Omit<Violation, 'path'>
type Row = (error: YAMLError, lines: readonly string[], line: number) => Told | undefined

/** What is looked at of a line, as the patterns below take quadratic time. */
const charactersMax = 200

/** The first row that knows what it is; `line` is 1-based. */
const rows: readonly Row[] = [
  ({ code }) =>
    code === 'TAB_AS_INDENT' ? { message: 'is indented by a tab', suggestion: 'Indent by spaces.' } : undefined,
  ({ code, message }) => {
    const [bracket] = code === 'BAD_INDENT' ? (/[}\]]$/.exec(message) ?? []) : []
    return bracket === undefined ? undefined : { message: `comes before a bracket is closed: a ${bracket} is missing` }
  },
  ({ code, message }) => {
    const [, bracket] = code === 'UNEXPECTED_TOKEN' ? (/"([}\]])"$/.exec(message) ?? []) : []
    return bracket === undefined ? undefined : { message: `has a ${bracket} that closes nothing` }
  },
  ({ code }, lines, line) => (code === 'MULTILINE_IMPLICIT_KEY' ? lacksColon(lines[line - 1] ?? '') : undefined),
  ({ code }, lines, line) => {
    if (!aboutKeys.has(code)) return undefined
    // Where a line stands deeper than its neighbours, the parser blames the one before it.
    return unevenIndent(lines, line) ?? unevenIndent(lines, nextLine(lines, line))
  },
  ({ code }, lines, line) => (code === 'BLOCK_AS_IMPLICIT_KEY' ? secondColon(lines[line - 1] ?? '') : undefined),
]

const aboutKeys: ReadonlySet<string> = new Set([
  'BAD_INDENT',
  'BLOCK_AS_IMPLICIT_KEY',
  'MULTILINE_IMPLICIT_KEY',
  'UNEXPECTED_TOKEN',
])

function lacksColon(text: string): Told | undefined {
  const read = text.slice(0, charactersMax)
  if (/:(\s|$)/.test(read)) return undefined
  const [, key, value] = /^[\s-]*([^\s:]+):(\S.*)$/.exec(read) ?? []
  if (value !== undefined) return { message: 'has no space after its colon', suggestion: `Write "${key}: ${value}".` }
  return { message: 'has no colon', suggestion: 'Write "name: value", or "name:" before what belongs to it.' }
}

function secondColon(text: string): Told | undefined {
  if (text.length > charactersMax) return undefined
  const [, key, value] = /^[\s-]*([^\s:]+):\s+([^"'\s].*: .*)$/.exec(text) ?? []
  if (value === undefined) return undefined
  return { message: 'has a second colon', suggestion: `Quote the text: ${key}: ${JSON.stringify(value)}.` }
}

/** A line that begins where none of those around it does. */
function unevenIndent(lines: readonly string[], line: number): Told | undefined {
  const own = indentOf(lines[line - 1] ?? '')
  const open = openIndents(lines.slice(0, line - 1))
  const deepest = open[0] ?? 0
  // What holds more of itself on the lines below.
  const holdsMore = /:\s*(#.*)?$|[|>][+-]?\d?\s*$/.test(lines.slice(0, line - 1).findLast(isRead) ?? '')
  if (open.includes(own) || (own > deepest && holdsMore)) return undefined
  const around = [open.find((one) => one < own), open.findLast((one) => one > own)].filter((one) => one !== undefined)
  return { line, message: `is indented by ${own}, its neighbours by ${around.join(' or ') || 0}` }
}

/** Where what is still open begins, the deepest first. */
function openIndents(lines: readonly string[]): readonly number[] {
  const open: number[] = []
  for (const text of lines.toReversed()) {
    if (!isRead(text)) continue
    const outer = indentOf(text)
    // "- name: x" begins a list and what stands in it.
    const inner = outer + (/^(?:- +)+/.exec(text.trimStart())?.[0].length ?? 0)
    for (const one of new Set([inner, outer])) if (one < (open.at(-1) ?? Number.POSITIVE_INFINITY)) open.push(one)
    if (outer === 0) break
  }
  return open
}

function nextLine(lines: readonly string[], line: number): number {
  const after = lines.findIndex((text, i) => i >= line && isRead(text))
  return after === -1 ? line : after + 1
}

/** Neither empty nor a comment. */
function isRead(text: string): boolean {
  return /^\s*[^\s#]/.test(text)
}

function indentOf(text: string): number {
  return text.length - text.trimStart().length
}

/** The parser's messages go on with a picture of the place, and advice to programmers; the line says it already. */
function headline(message: string): string {
  return (message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '').replace(/; please use YAML.*/, '')
}
