import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AstraError } from '../../kernel/errors.ts'
import type { JsonObject } from '../dialect.ts'
import { openaiModerations } from './moderations.ts'

const { accept, ask } = openaiModerations
const wish = { model: 'moderate-x', stream: false, tellsStreamUsage: false }
const facts = { callId: 'c', model: 'safety', created: 1, request: {}, usage: {} }

function fault(act: () => unknown): readonly unknown[] {
  try {
    act()
  } catch (thrown) {
    if (thrown instanceof AstraError) return [thrown.code, thrown.facts.violations?.[0]?.path]
  }
  return ['none']
}

test('texts written and read again are the same', () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1 }), (texts) => {
      const inputs = texts.map((text) => ({ text }))
      const body = ask.writeRequest(inputs, wish)
      assert.deepEqual(accept.check(body), { items: inputs.length, stream: false })
      assert.deepEqual(accept.readRequest(body), inputs)
    }),
  )
})

test('judgements written and read again are the same', () => {
  const categories = fc.constantFrom('hate', 'violence', 'self-harm/intent')
  const judgement = fc.record({
    flagged: fc.boolean(),
    categories: fc.dictionary(categories, fc.boolean(), { noNullPrototype: true }),
    scores: fc.dictionary(categories, fc.double({ min: 0, max: 1, noNaN: true }), { noNullPrototype: true }),
  })
  fc.assert(
    fc.property(fc.array(judgement, { minLength: 1 }), (judgements) => {
      const outputs = judgements.map(({ flagged, categories: named, scores }) => ({
        flagged,
        categories: named,
        scores,
      }))
      const { items } = ask.readAnswer(accept.writeAnswer(outputs, facts))
      assert.deepEqual(
        items,
        outputs.map((output) => ({ output })),
      )
    }),
  )
})

test('parts are one input together', () => {
  const input = [
    { type: 'text', text: 'One' },
    { type: 'text', text: 'Two' },
  ]
  assert.equal(accept.check({ input }).items, 1)
  assert.deepEqual(accept.readRequest({ model: 'm', input }), [{ text: 'One\nTwo' }])
})

test('images and unknown fields have no canonical form', () => {
  const image = { type: 'image_url', image_url: { url: 'https://images.example/a.png' } }
  const refused: readonly (readonly [JsonObject, string])[] = [
    [{ input: [image] }, '/input/0/type'],
    [{ input: 'a', policy: 'strict' }, '/policy'],
  ]
  for (const [body, path] of refused) {
    assert.deepEqual(
      fault(() => accept.readRequest(body)),
      ['unsupported', path],
    )
  }
})

for (const input of [undefined, [], 7, ['a', { type: 'text', text: 'b' }]]) {
  test(`${JSON.stringify(input)} is refused with its place`, () => {
    assert.deepEqual(
      fault(() => accept.check({ input })),
      ['invalid_input', '/input'],
    )
  })
}

test('a category that the model does not know is left out', () => {
  const result = {
    flagged: false,
    categories: { hate: false, illicit: null },
    category_scores: { hate: 0.1 },
    category_applied_input_types: { hate: ['text'] },
  }
  assert.deepEqual(ask.readAnswer({ id: 'modr_1', model: 'x', results: [result] }).items, [
    { output: { flagged: false, categories: { hate: false }, scores: { hate: 0.1 } } },
  ])
})

const broken: readonly (readonly [JsonObject, string])[] = [
  [{ results: [{ categories: {} }] }, 'upstream_failed'],
  [{ results: {} }, 'upstream_failed'],
  [{ error: { type: 'invalid_request_error', message: 'Bad' } }, 'invalid_input'],
]

for (const [body, code] of broken) {
  test(`${JSON.stringify(body)} inside a 200 is ${code}`, () => {
    assert.equal(fault(() => ask.readAnswer(body))[0], code)
  })
}

test('what passes through keeps its bytes but for the model, which is added where it was left out', () => {
  const bytes = Buffer.from('{ "input":"a" }')
  const request = { dialect: 'openai-moderations', bytes, body: {}, items: 1, canonical: () => [] } as const
  assert.deepEqual(JSON.parse(ask.forward(request, wish).bytes.toString()), { input: 'a', model: 'moderate-x' })
})
