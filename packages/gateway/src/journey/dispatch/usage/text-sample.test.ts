import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { TextSample, wordsIn, wordsOfChunk } from './text-sample.ts'
import { sampleMax } from './token-counter.ts'

/** What it hands to the counter: the text it kept, and the length of all. */
function handed(sample: TextSample) {
  let given: { text: string; length: number | undefined } | undefined
  sample.tokens({
    count(text, length) {
      given = { text, length }
      return 0
    },
  })
  return given
}
const text = (value: unknown) => handed(wordsIn(value))?.text

describe('a text sample', () => {
  it('keeps the beginning and the length, whatever the pieces', () => {
    const pieces = fc.array(fc.string({ maxLength: 8000 }), { maxLength: 12 })
    fc.assert(
      fc.property(pieces, (given) => {
        const sample = new TextSample()
        for (const piece of given) sample.add(piece)
        const whole = given.join('')
        assert.deepEqual(handed(sample), { text: whole.slice(0, sampleMax), length: whole.length })
        assert.equal(sample.isEmpty, whole === '')
      }),
      { numRuns: 50 },
    )
  })

  it('has the words of a request in their order, and not what stands for settings', () => {
    const request = {
      model: 'gpt',
      messages: [
        { role: 'system', content: 'Be brief. ' },
        { role: 'user', content: [{ type: 'text', text: 'Hello ' }] },
        { role: 'assistant', tool_calls: [{ id: 'call_1', function: { name: 'look', arguments: '{"at":1}' } }] },
      ],
    }
    assert.equal(text(request), 'Be brief. Hello look{"at":1}')
  })

  it('passes over data, and counts languages without spaces', () => {
    assert.equal(text(['a', 'iVBORw0KGgo='.repeat(100), `data:image/png;base64,${'x'.repeat(300)}`]), 'a')
    const chinese = '模型网关'.repeat(100)
    assert.equal(text([chinese]), chinese)
  })

  it('looks at a bounded number of values', () => {
    const length = handed(wordsIn(Array.from({ length: 1_000_000 }, () => 'x')))?.length ?? 0
    assert.ok(length > 10_000 && length <= 20_000, `${length}`)
  })

  it('has what each kind of chunk says', () => {
    assert.equal(wordsOfChunk({ type: 'text-delta', choice: 0, text: 'a' }), 'a')
    assert.equal(wordsOfChunk({ type: 'tool-call-delta', choice: 0, id: '1', arguments: '{}' }), '{}')
    assert.equal(wordsOfChunk({ type: 'choice-end', choice: 0, finishReason: 'stop' }), '')
    assert.equal(wordsOfChunk(null), '')
  })
})
