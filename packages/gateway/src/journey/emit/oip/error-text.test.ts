import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AstraError, errorTable } from '../../../kernel/errors.ts'
import { errorText } from './error-text.ts'

test('every error says what to do next, in whole sentences', () => {
  for (const [code, { title, next }] of Object.entries(errorTable)) {
    const text = errorText(new AstraError(code as keyof typeof errorTable), undefined)
    assert.ok(text.startsWith(title) && text.includes(next.replace(/\.$/, '')), text)
    assert.match(text, /[.?!]$/)
  }
})

test('a place in the items is told as a place in the tensors', () => {
  const told = (path: string) =>
    errorText(
      new AstraError('invalid_input', {
        detail: `It does not fit: ${path} is wrong`,
        next: 'Mend it.',
        violations: [{ path, message: 'is wrong' }],
      }),
      undefined,
    )
  assert.equal(told('/inputs/3/pixels/5'), 'It does not fit: input "pixels", row 3, element [5], is wrong. Mend it.')
  assert.equal(told('/inputs/0/a~1b'), 'It does not fit: input "a/b", row 0 is wrong. Mend it.')
  assert.equal(told('/inputs/0'), 'It does not fit: the inputs, row 0 is wrong. Mend it.')
  assert.equal(told('/$&'), 'It does not fit: /$& is wrong. Mend it.')
})

test('where an operator knows more, the call is named', () => {
  const text = (code: 'upstream_failed' | 'overloaded' | 'invalid_body') =>
    errorText(new AstraError(code, { reason: 'secret' }), 'call-1')
  assert.match(text('upstream_failed'), /The call is call-1\.$/)
  assert.doesNotMatch(text('overloaded') + text('invalid_body'), /call-1/)
  assert.doesNotMatch(text('upstream_failed'), /secret/)
})
