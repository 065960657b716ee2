import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AstraError } from '../../kernel/errors.ts'
import type { Said } from '../../kernel/observation.ts'
import { testCall } from '../testing/fixtures.ts'
import { bounded, readInputs, readOutputs } from './said.ts'

const items = (...outputs: unknown[]): Said => ({ form: 'items', items: outputs.map((output) => ({ output })) })
const relayed = (text: string): Said => ({ form: 'relayed', dialect: 'openai-chat', bytes: Buffer.from(text) })
const completion = (content: string): Said =>
  relayed(JSON.stringify({ choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }] }))

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

describe('readOutputs', () => {
  it('gives one an item in canonical form, those that failed too', () => {
    assert.deepEqual(readOutputs(items('a', 1)), [{ output: 'a' }, { output: 1 }])
    const error = new AstraError('invalid_output')
    assert.deepEqual(readOutputs({ form: 'items', items: [{ error }] }), [{ error }])
    const chat = { choices: [{ content: [{ type: 'text', text: '42' }], finishReason: 'stop' }] }
    assert.deepEqual(readOutputs(completion('42')), [{ output: chat }])
  })

  it('reads what upstream answered once, however many ask', () => {
    const said = completion('42')
    assert.ok(Array.isArray(readOutputs(said)))
    assert.equal(readOutputs(said), readOutputs(said))
    const broken = relayed('{')
    assert.deepEqual([readOutputs(broken), readOutputs(broken)], ['form', 'form'])
  })

  it('gives all that a stream said as one text', () => {
    assert.deepEqual(readOutputs({ form: 'text', text: 'hello' }), [{ text: 'hello' }])
  })

  it('says why there are none', () => {
    assert.equal(readOutputs(relayed('{')), 'form')
    assert.equal(readOutputs(completion('x'.repeat(70_000))), 'too-large')
    assert.equal(readOutputs({ form: 'none', why: 'form' }), 'form')
  })
})

describe('readInputs', () => {
  const wire = (bytes: Buffer, canonical: () => readonly unknown[]) => ({
    call: testCall({ inputs: [], wire: { dialect: 'openai-chat', bytes, body: {}, items: 1, canonical } }),
  })

  it('gives one an item, of a request in a dialect in canonical form', () => {
    assert.deepEqual(readInputs({ call: testCall() }), [{ text: 'hello' }])
    assert.deepEqual(readInputs(wire(Buffer.from('{}'), () => ['canonical'])), ['canonical'])
  })

  it('says why there are none', () => {
    const unread = () => assert.fail('not to be read')
    assert.equal(readInputs(wire(Buffer.alloc(300_000), unread)), 'too-large')
    assert.equal(readInputs({ call: testCall({ inputs: ['x'.repeat(300_000)] }) }), 'too-large')
    assert.equal(
      readInputs(
        wire(Buffer.from('{}'), () => {
          throw new AstraError('unsupported')
        }),
      ),
      'form',
    )
  })
})
