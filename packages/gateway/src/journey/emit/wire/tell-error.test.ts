import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AstraError, type ErrorCode, errorTable } from '../../../kernel/errors.ts'
import { tellError } from './tell-error.ts'

const codes = Object.keys(errorTable) as ErrorCode[]

test('every error says what is wrong and what to do next, in whole sentences', () => {
  for (const code of codes) {
    const { message } = tellError(new AstraError(code), undefined)
    assert.ok(message.startsWith(errorTable[code].title), message)
    assert.ok(message.length > errorTable[code].title.length + 10, message)
    assert.match(message, /[.?!]$/)
  }
})

test('advice for other doors is replaced, advice of the error itself is not', () => {
  const message = (code: ErrorCode, next?: string) =>
    tellError(new AstraError(code, next ? { next } : {}), undefined).message
  assert.doesNotMatch(message('not_streamable'), /Accept/)
  assert.doesNotMatch(message('unknown_route'), /openapi/)
  assert.match(message('unknown_model'), /GET the path "models"/)
  assert.match(message('unknown_model', 'Did you mean "spam"?'), /Did you mean "spam"\?$/)
})

test("a protocol's own advice comes before that of all of them, and after the error's", () => {
  const advice = { unknown_model: 'Look elsewhere.' }
  const message = (error: AstraError) => tellError(error, undefined, advice).message
  assert.match(message(new AstraError('unknown_model')), / Look elsewhere\.$/)
  assert.match(message(new AstraError('unknown_model', { next: 'Ask.' })), / Ask\.$/)
  assert.match(message(new AstraError('unknown_major')), /GET the path "models"/)
})

test('a place is told as it is written in code, once', () => {
  const told = (path: string, detail?: string) =>
    tellError(
      new AstraError('invalid_input', {
        ...(detail === undefined ? {} : { detail }),
        next: 'Mend it.',
        violations: [{ path, message: 'is wrong', suggestion: 'Write it so.' }],
      }),
      undefined,
    )
  const path = '/messages/0/content/1/image~1url'
  const place = 'messages[0].content[1].image/url'
  assert.deepEqual(told(path, `It does not fit: ${path} is wrong`), {
    code: 'invalid_input',
    status: 400,
    message: `It does not fit: ${place} is wrong. Mend it.`,
    place,
  })
  const whole = 'The input does not fit the contract.'
  assert.equal(told(path).message, `${whole} ${place} is wrong. Write it so. Mend it.`)
  assert.equal(told(path, '"image" is wrong').message, '"image" is wrong. Mend it.')
  assert.equal(told('').message, `${whole} the input is wrong. Write it so. Mend it.`)
  assert.equal(told('', 'All is wrong').message, 'All is wrong. Mend it.')
  assert.equal(told('/0/text').place, '[0].text')
  assert.equal(told('Astra-Unit').place, 'Astra-Unit')
})

test('of many places the first few are told', () => {
  const violations = Array.from({ length: 100 }, (_, i) => ({ path: `/a/${i}`, message: 'is wrong' }))
  const { message } = tellError(new AstraError('invalid_input', { violations }), undefined)
  assert.equal(message.match(/is wrong/g)?.length, 3)
})

test('where an operator knows more, the call is named; the reason never is', () => {
  const message = (code: ErrorCode) => tellError(new AstraError(code, { reason: 'secret' }), 'call-1').message
  for (const code of codes) {
    assert.equal(/The call is call-1\.$/.test(message(code)), [500, 502, 504].includes(errorTable[code].status), code)
    assert.doesNotMatch(message(code), /secret/)
  }
})
