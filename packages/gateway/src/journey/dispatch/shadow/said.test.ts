import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AstraError } from '../../../kernel/errors.ts'
import { testCatalog } from '../../testing/fixtures.ts'
import { bounded, compareSaid, type Said } from './said.ts'

const contract = testCatalog({ '1.0': 1 }).model('spam')?.contracts.get(1)
assert.ok(contract)
const items = (...outputs: unknown[]): Said => ({ form: 'items', items: outputs.map((output) => ({ output })) })
const text = (text: string): Said => ({ form: 'text', text })
const completion = (content: string): Said => ({
  form: 'relayed',
  dialect: 'openai-chat',
  bytes: Buffer.from(
    JSON.stringify({ choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }] }),
  ),
})
const failed: Said = { form: 'items', items: [{ error: new AstraError('invalid_output') }] }

describe('compareSaid', () => {
  const rows: readonly [string, Said, Said, unknown][] = [
    [
      'equal labels',
      items({ label: 'spam' }),
      items({ label: 'spam' }),
      { agree: true, distance: 0, measure: 'label' },
    ],
    [
      'other labels',
      items({ label: 'spam' }),
      items({ label: 'ham' }),
      { agree: false, distance: 1, measure: 'label' },
    ],
    ['one that failed', items({ label: 'spam' }), failed, { agree: false, distance: 1, measure: 'error' }],
    ['two that failed', failed, failed, 'form'],
    ['what streams said', text('abcd'), text('abcx'), { agree: false, distance: 0.25, measure: 'text' }],
    ['a stream and a whole answer', text('abcd'), items('abcd'), 'form'],
    ['bytes in no known form', { form: 'relayed', dialect: 'openai-chat', bytes: Buffer.from('{') }, items({}), 'form'],
    ['one that is too long', { form: 'none', why: 'too-large' }, items({}), 'too-large'],
  ]
  for (const [name, served, copy, expected] of rows) {
    it(`compares ${name}`, () => {
      const found = compareSaid(served, copy, contract)
      const told =
        typeof found === 'string' ? found : { agree: found.agree, distance: found.distance, measure: found.measure }
      assert.deepEqual(told, expected)
    })
  }

  it('compares upstream’s own bytes by what they say, with bytes and with outputs alike', () => {
    const chat = { choices: [{ content: [{ type: 'text', text: 'It is 42.' }], finishReason: 'stop' }] }
    for (const copy of [completion('It is 42.'), items(chat)]) {
      const found = compareSaid(completion('It is 42.'), copy, contract)
      assert.deepEqual(found, { ...Object(found), agree: true, distance: 0, measure: 'text' })
    }
    const found = compareSaid(completion('It is 42.'), completion('I do not know.'), contract)
    assert.ok(typeof found === 'object' && !found.agree)
  })
})

describe('bounded', () => {
  it('keeps nothing of what is longer than 64 KB', () => {
    const tooLarge = { form: 'none', why: 'too-large' }
    const small = items({ text: 'x'.repeat(60_000) })
    assert.equal(bounded(small), small)
    assert.deepEqual(bounded(items({ text: 'x'.repeat(70_000) })), tooLarge)
    assert.deepEqual(bounded(items({ embedding: new Array(10_000).fill(0.5) })), tooLarge)
    assert.deepEqual(bounded(completion('x'.repeat(70_000))), tooLarge)
    assert.deepEqual(bounded(items(Array.from({ length: 100_000 }, () => ({})))), tooLarge)
  })
})
