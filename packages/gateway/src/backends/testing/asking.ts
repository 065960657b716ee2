import assert from 'node:assert/strict'
import type { AttemptContext, Backend } from '../../kernel/backend.ts'
import { AstraError, type ErrorCode, type ErrorFacts, publicError } from '../../kernel/errors.ts'
import type { BackendHarness } from './backend-harness.ts'

export const context: AttemptContext = {
  signal: new AbortController().signal,
  callId: '01890000-0000-7000-8000-000000000001',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  tracestate: 'vendor=value',
}

type Part = Pick<BackendHarness, 'backend' | 'version' | 'replica' | 'privateWords'>

export function predict(
  { backend, version, replica }: Part,
  inputs: readonly unknown[],
  own: Partial<AttemptContext> = {},
): ReturnType<Backend['predict']> {
  return backend.predict(version, replica, inputs, { ...context, ...own })
}

export async function outputs(harness: Part, inputs: readonly unknown[]): Promise<readonly unknown[]> {
  const { items } = await predict(harness, inputs)
  return items.map((item) => {
    if ('error' in item) throw item.error
    return item.output
  })
}

export function stream({ backend, version, replica }: Part, input: unknown, own: Partial<AttemptContext> = {}) {
  assert.ok(backend.stream, 'the backend streams')
  return backend.stream(version, replica, input, { ...context, ...own })
}

/** @param facts of the error, those left out being undefined. */
export function rejects(
  harness: Part,
  input: unknown,
  code: ErrorCode,
  facts: Pick<ErrorFacts, 'retryAfterMs' | 'unanswered'> = {},
): Promise<void> {
  return assert.rejects(outputs(harness, [input]), (thrown) => {
    holdError(harness, thrown, code)
    const { retryAfterMs, unanswered } = (thrown as AstraError).facts
    assert.deepEqual({ retryAfterMs, unanswered }, { retryAfterMs: undefined, unanswered: undefined, ...facts })
    return true
  })
}

/** The right code, a reason for operators, and none of upstream's words for the caller. */
export function holdError({ privateWords }: Part, thrown: unknown, code: ErrorCode): true {
  assert.ok(thrown instanceof AstraError, `an AstraError, not ${thrown}`)
  assert.equal(thrown.code, code)
  assert.ok(thrown.facts.reason, 'a reason for operators')
  assert.ok(!JSON.stringify(publicError(thrown)).includes(privateWords), 'no private words in public')
  return true
}
