import type { AstraError, ErrorCode, ErrorFacts } from '../../kernel/errors.ts'
import { decodeKept, encodeKept, errorJson, errorOf, type KeptAnswer } from './kept-answer.ts'

/** What is known of the first call with an Idempotency-Key. */
export type FirstAnswer =
  | { readonly state: 'running' }
  | { readonly state: 'answer'; readonly kept: KeptAnswer }
  | { readonly state: 'error'; readonly error: AstraError }

/** `print`: of what it asked. Undefined for an answer that JSON cannot say. */
export function encodeFirst(print: string, first: FirstAnswer): Buffer | undefined {
  if (first.state !== 'answer')
    return Buffer.from(headOf(print, first.state, first.state === 'error' ? errorJson(first.error) : null))
  return encodeKept(first.kept, headOf(print, 'answer', null))
}

export function runningBytes(print: string): Buffer {
  return Buffer.from(headOf(print, 'running', null))
}

function headOf(print: string, state: FirstAnswer['state'], error: object | null): string {
  return `[${JSON.stringify(print)},"${state}",${error ? JSON.stringify(error) : 'null'}]\n`
}

/** Undefined for what is none: another release may have written it. */
export function decodeFirst(bytes: Buffer): (FirstAnswer & { readonly print: string }) | undefined {
  const end = bytes.indexOf(0x0a)
  try {
    const head: unknown = JSON.parse(bytes.toString('utf8', 0, Math.max(0, end)))
    const [print, state, error] = head as [string, FirstAnswer['state'], { code: ErrorCode } & ErrorFacts]
    if (state === 'running') return { print, state }
    if (state === 'error') return { print, state, error: errorOf(error) }
    const kept = decodeKept(bytes.subarray(end + 1))
    return kept && { print, state, kept }
  } catch {
    return undefined
  }
}
