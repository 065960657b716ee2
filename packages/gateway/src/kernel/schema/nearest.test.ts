import assert from 'node:assert/strict'
import { test } from 'node:test'
import { didYouMean, nearest } from './nearest.ts'

const fields = ['text', 'label', 'description', 'replicas', 'maxLength']

const cases: readonly [string, string | undefined][] = [
  ['txet', 'text'],
  ['Text', 'text'],
  ['lable', 'label'],
  ['replica', 'replicas'],
  ['descripton', 'description'],
  ['max_length', 'maxLength'],
  ['sentiment', undefined],
  ['x', undefined],
  ['', undefined],
  ['t'.repeat(100_000), undefined],
]

for (const [word, meant] of cases) {
  test(`"${word.slice(0, 12)}" is taken for ${meant ?? 'nothing'}`, () => {
    assert.equal(nearest(word, fields), meant)
  })
}

test('of several, the nearest wins, whatever their order', () => {
  assert.equal(nearest('spam', ['span', 'spam-2', 'spam']), 'spam')
  assert.equal(nearest('spam', ['spam', 'spam-2', 'span']), 'spam')
})

test('advice is left out where there is none', () => {
  assert.deepEqual(didYouMean('txet', fields), { suggestion: 'Did you mean "text"?' })
  assert.deepEqual(didYouMean('sentiment', fields), {})
})
