import { caseIdCharactersMax, setBytesMax } from '../../kernel/case-set.ts'
import { casesMax } from '../../kernel/evaluation.ts'
import { isJsonObject } from '../../kernel/schema/facets.ts'
import { didYouMean } from '../../kernel/schema/nearest.ts'
import type { WrittenCase } from './case-lines.ts'

/** What is wrong with a file of cases, and where. Nothing of what the line says is in it: it may be anything that was named by mistake. */
export interface LineFault {
  /** From 1 on; left out where it is the whole. */
  readonly line?: number
  readonly message: string
}

const fields = ['input', 'expected', 'id']

/** Reads JSON Lines; empty lines are passed over, and a case without an id has its line's number as one. The first fault ends it. */
export function readJsonLines(
  text: string,
): { readonly cases: readonly WrittenCase[] } | { readonly fault: LineFault } {
  if (Buffer.byteLength(text) > setBytesMax) return { fault: { message: 'is larger than 8 MiB' } }
  const cases: WrittenCase[] = []
  const ids = new Set<string>()
  for (const [i, line] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    if (line.trim() === '') continue
    const read = readLine(line, i + 1)
    const message = typeof read === 'string' ? read : oneMore(read, cases.length, ids)
    if (message !== undefined) return { fault: { line: i + 1, message } }
    if (typeof read !== 'string') cases.push(read)
  }
  return cases.length > 0 ? { cases } : { fault: { message: 'holds no case' } }
}

function oneMore({ id = '' }: WrittenCase, before: number, ids: Set<string>): string | undefined {
  if (before >= casesMax) return `is one case too many: a set holds at most ${casesMax}`
  if (ids.has(id)) return 'has the same "id" as a line before it'
  ids.add(id)
  return undefined
}

function readLine(line: string, number: number): WrittenCase | string {
  const value = parsed(line)
  if (!isJsonObject(value)) return 'is no JSON object: {"input": …, "expected": …}'
  const odd = Object.keys(value).find((key) => !fields.includes(key))
  if (odd !== undefined) {
    const { suggestion = 'There are "input", "expected" and "id".' } = didYouMean(odd, fields)
    return `has a field that a case has not. ${suggestion}`
  }
  const { id = String(number), input, expected } = value
  if (input === undefined) return 'has no "input"'
  if (typeof id !== 'string' || id === '' || id.length > caseIdCharactersMax) {
    return `has an "id" that is no text of 1 to ${caseIdCharactersMax} characters`
  }
  return { id, input, ...(expected === undefined ? {} : { expected }) }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
