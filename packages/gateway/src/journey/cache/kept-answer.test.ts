import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AstraError } from '../../kernel/errors.ts'
import { decodeFirst, encodeFirst } from './first-answer.ts'
import { decodeKept, encodeKept, type KeptAnswer } from './kept-answer.ts'

const usage = { items: 1, inputTokens: 3 }
const answers: readonly KeptAnswer[] = [
  { version: '1.0', usage, body: { form: 'items', items: [{ output: { text: 'ü\n' } }, { output: null }] } },
  { version: '1.0', usage, body: { form: 'chunks', chunks: [{ text: 'a' }, 7] } },
  { version: '1.0', usage, body: { form: 'relayed', bytes: Buffer.from('{"a": "ü"}\n') } },
  { version: '1.0', usage, body: { form: 'relayed-stream', bytes: Buffer.from('data: 1\n\ndata: [DONE]\n\n') } },
]

function bytesOf(encoded: Buffer | undefined): Buffer {
  assert.ok(encoded)
  return encoded
}

test('an answer that JSON cannot say is not kept', () => {
  const kept: KeptAnswer = { version: '1', usage, body: { form: 'items', items: [{ output: 1n }] } }
  assert.equal(encodeKept(kept), undefined)
  assert.equal(encodeFirst('p', { state: 'answer', kept }), undefined)
})

test('an answer that is kept comes back as it was', () => {
  for (const answer of answers) {
    assert.deepEqual(decodeKept(bytesOf(encodeKept(answer))), answer)
    const { print, ...first } = decodeFirst(bytesOf(encodeFirst('print', { state: 'answer', kept: answer }))) ?? {}
    assert.deepEqual([print, first], ['print', { state: 'answer', kept: answer }])
  }
})

test('a single output is kept as its own JSON, and read when its items are asked for', () => {
  const output = { text: 'ü – 漢' }
  const kept = decodeKept(bytesOf(encodeKept({ version: '1.0', usage, body: { form: 'items', items: [{ output }] } })))
  assert.ok(kept?.body.form === 'items')
  assert.equal(kept.body.outputJson?.toString(), JSON.stringify(output))
  assert.deepEqual(kept.body.items, [{ output }])
  assert.deepEqual(decodeKept(bytesOf(encodeKept(kept))), kept)
})

test('of an error is kept what its caller was told, and nothing private', () => {
  const error = new AstraError('upstream_failed', { detail: 'It broke', reason: 'secret', next: 'Wait' })
  const bytes = bytesOf(encodeFirst('p', { state: 'error', error }))
  assert.doesNotMatch(bytes.toString(), /secret/)
  const first = decodeFirst(bytes)
  assert.ok(first?.state === 'error')
  assert.deepEqual(
    [first.error.code, first.error.message, first.error.facts.next],
    ['upstream_failed', 'It broke', 'Wait'],
  )
  const item = { version: '1', usage, body: { form: 'items', items: [{ error }] } } as const
  assert.doesNotMatch(bytesOf(encodeKept(item)).toString(), /secret/)
})

test('what is no such answer is none', () => {
  for (const bytes of ['', '\n', 'x\n{}', '["items"]\n{', '["else","1",{}]\n', '[1,2,3]\n', '["toString","1",{}]\n']) {
    assert.equal(decodeKept(Buffer.from(bytes)), undefined, bytes)
    assert.equal(decodeFirst(Buffer.from(bytes)), undefined, bytes)
  }
})
