import { hash } from 'node:crypto'
import type { KeptAnswer, KeptBody } from '../kept-answer.ts'

/**
 * Equal for answers that say the same text: ids, times and counts of tokens differ from answer to answer, and where a stream is cut into
 * chunks does, too. Answers without any text are compared as a whole.
 */
export function answerPrint({ body }: KeptAnswer): string {
  const said = saidIn(body)
  const words: string[] = []
  collect(said, words)
  return hash('sha256', words.length > 0 ? words.join('') : JSON.stringify(said), 'base64url')
}

function saidIn(body: KeptBody): unknown {
  switch (body.form) {
    case 'items':
      return body.items
    case 'chunks':
      return body.chunks
    case 'relayed':
      return parsed(body.bytes.toString())
    default:
      return body.bytes
        .toString()
        .split('\n')
        .filter((line) => line.startsWith('data:'))
        .map((line) => parsed(line.slice(5)))
  }
}

/** Upstream's own bytes may be anything. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Fields that hold what a model says, in the canonical form and in every dialect, whole and in pieces. */
const spoken: ReadonlySet<string> = new Set(['text', 'content', 'delta', 'refusal', 'arguments', 'partial_json'])

function collect(value: unknown, words: string[]): void {
  if (typeof value !== 'object' || value === null) return
  for (const [field, member] of Object.entries(value)) {
    if (typeof member === 'string') {
      if (spoken.has(field)) words.push(member)
    } else collect(member, words)
  }
}
