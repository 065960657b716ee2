import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compareExpected, labelText } from './compare-expected.ts'

const chat = (text: string) => ({ choices: [{ content: [{ type: 'text', text }], finishReason: 'stop' }] })

describe('what is expected may be a part of the answer', () => {
  type Row = readonly [string, unknown, unknown, string, boolean]
  const rows: readonly Row[] = [
    ['a label', 'spam', { label: 'spam', score: 0.9 }, 'label', true],
    ['another label', 'ham', { label: 'spam', score: 0.9 }, 'label', false],
    ['a label written as a number', 7, { label: '7', score: 1 }, 'label', true],
    ['a label in its field', { label: 'spam' }, { label: 'spam', score: 0.2 }, 'label', true],
    ['a number', 3, { value: 3.001 }, 'number', true],
    ['a number in its field', { value: 4 }, { value: 3 }, 'number', false],
    ['whether it is harmful', true, { flagged: true, categories: { hate: true }, scores: {} }, 'label', true],
    ['the text of a chat', 'It is 42.', chat('it is  42.'), 'text', true],
    ['another text of a chat', 'It is 42.', chat('Nobody knows that.'), 'text', false],
    ['the text of a completion', 'abc', { text: 'abc', finishReason: 'stop' }, 'text', true],
    ['some fields', { city: 'Oslo' }, { city: 'Oslo', note: 'x' }, 'json', true],
    ['a field deeper down', { at: { city: 'Oslo' } }, { at: { city: 'Bern', zip: 1 }, n: 2 }, 'json', false],
    ['a field that the answer lacks', { town: 'Oslo' }, { city: 'Oslo' }, 'json', false],
    ['a whole list', { tags: ['a'] }, { tags: ['a', 'b'] }, 'json', false],
    ['a list by itself', [1, 2], [1, 2], 'json', true],
  ]
  for (const [name, expected, answer, measure, agree] of rows) {
    it(`${name}: ${agree ? 'agrees' : 'differs'}`, () => {
      const found = compareExpected(expected, answer, {})
      assert.deepEqual({ measure: found.measure, agree: found.agree }, { measure, agree })
    })
  }

  it('is compared as the schema has it: an enumeration is a label', () => {
    assert.equal(compareExpected('yes', 'yes!', { type: 'string', enum: ['yes', 'yes!'] }).agree, false)
  })
})

it('labels are told of scalars, of labels and of moderations', () => {
  const told = ['spam', 7, false, { label: 'a' }, { flagged: true }, { text: 'a' }, [1], null, undefined].map(labelText)
  assert.deepEqual(told, ['spam', '7', 'false', 'a', 'true', undefined, undefined, undefined, undefined])
})
