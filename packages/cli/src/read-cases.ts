import { readFile } from 'node:fs/promises'
import { usageFault } from './failures.ts'

/** What a line of a set of cases holds. */
export interface Case {
  readonly id?: string
  readonly input: unknown
  readonly expected?: unknown
}

export interface ReadCases {
  readonly cases: readonly Case[]
  /** What the gateway says of "/cases/3/input", in the file's own places: "cases.jsonl:4/input". */
  placed(text: string): string
}

const fields: ReadonlySet<string> = new Set(['id', 'input', 'expected'])

/** JSON Lines of a file, or of stdin for "-". A line that is none is named by its number. Cases without an id get their line as one. */
export async function readCases(file: string, stdin: () => Promise<string>): Promise<ReadCases> {
  const text = file === '-' ? await stdin() : await textOf(file)
  const lines = text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .flatMap((line, index) => (line.trim() === '' ? [] : [{ line, number: index + 1 }]))
  const cases = lines.map(({ line, number }) => caseOf(line, `${file}:${number}`, number))
  if (cases.length === 0) throw usageFault(`${file} holds no case. A line is like {"input": {…}, "expected": "spam"}.`)
  const placed = (said: string) =>
    said.replace(/\/cases\/(\d+)/g, (place, at) => {
      const line = lines[Number(at)]
      return line === undefined ? place : `${file}:${line.number}`
    })
  return { cases, placed }
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? error.code : error
    throw usageFault(
      `${file} cannot be read (${reason}). Name a file of JSON Lines, e.g. astraapi eval spam 1.1 cases.jsonl`,
    )
  }
}

/** Says nothing of what the line holds: it may be anything that was named by mistake. */
function caseOf(line: string, place: string, number: number): Case {
  const value = parsed(line)
  if (!isObject(value))
    throw usageFault(`${place} is no JSON object. A line is like {"input": {…}, "expected": "spam"}.`)
  const odd = Object.keys(value).find((name) => !fields.has(name))
  if (odd !== undefined) {
    throw usageFault(`${place} has the field "${odd.slice(0, 64)}". There are "input", "expected" and "id".`)
  }
  const { id = String(number), input, expected } = value
  if (input === undefined) throw usageFault(`${place} has no "input".`)
  if (typeof id !== 'string' || id === '') throw usageFault(`${place} has an "id" that is no text.`)
  return { id, input, ...(expected === undefined ? {} : { expected }) }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
