import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AstraError } from '../../../kernel/errors.ts'
import type { Said } from '../../../kernel/observation.ts'
import type { ShadowCompare } from '../../../kernel/shadow.ts'
import { testCatalog } from '../../testing/fixtures.ts'
import { compareSaid } from './compare-said.ts'

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

  describe('as the contract declares', () => {
    const comparing = (compare: ShadowCompare) => {
      const versions = { '1.0': {}, '1.1': {} }
      const catalog = testCatalog(
        { '1.0': 1 },
        { versions, contract: { shadow: { version: '1.1', share: 1, compare } } },
      )
      return catalog.model('spam')?.contracts.get(1) ?? assert.fail()
    }
    const told = (served: Said, copy: Said, compare: ShadowCompare) => {
      const found = compareSaid(served, copy, comparing(compare))
      return typeof found === 'string' ? found : [found.measure, found.agree]
    }

    it('goes by the measure where both can be read so, else as JSON', () => {
      const [a, b] = [items({ label: 'x', score: 0.5 }), items({ label: 'x', score: 0.7 })]
      assert.deepEqual(told(a, b, { measure: 'json' }), ['json', false])
      assert.deepEqual(told(a, b, { measure: 'text' }), ['json', false])
      assert.deepEqual(told(a, b, { measure: 'label' }), ['label', true])
    })

    it('agrees up to the tolerance, whole answers and streams alike', () => {
      for (const [served, copy] of [
        [items('abcd'), items('abcx')],
        [text('abcd'), text('abcx')],
      ] as const) {
        assert.deepEqual(told(served, copy, { measure: 'text', tolerance: 0.2 }), ['text', false])
        assert.deepEqual(told(served, copy, { measure: 'text', tolerance: 0.3 }), ['text', true])
      }
      assert.deepEqual(told(items(100), items(110), { measure: 'number', tolerance: 0.2 }), ['number', true])
      const [a, b] = [items({ embedding: [1, 0] }), items({ embedding: [1, 1] })]
      assert.deepEqual(told(a, b, { measure: 'vector', tolerance: 0.2 }), ['vector', true])
      assert.deepEqual(told(items({ a: 1.5 }), items({ a: 1.6 }), { measure: 'json', tolerance: 0.2 }), ['json', true])
    })

    it('does not look at what is ignored', () => {
      const [a, b] = [items({ answer: 'x', at: 1 }), items({ answer: 'x', at: 2 })]
      assert.deepEqual(told(a, b, {}), ['json', false])
      assert.deepEqual(told(a, b, { ignore: ['/at'] }), ['json', true])
    })
  })

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
