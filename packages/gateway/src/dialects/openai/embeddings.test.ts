import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AstraError } from '../../kernel/errors.ts'
import type { JsonObject } from '../dialect.ts'
import { floatsFromBase64, floatsToBase64 } from './embeddings/floats.ts'
import { openaiEmbeddings } from './embeddings.ts'

const { accept, ask } = openaiEmbeddings
const wish = { model: 'embed-x', stream: false, tellsStreamUsage: false }
const facts = { callId: 'c', model: 'vectors', created: 1, request: {}, usage: { inputTokens: 5 } }

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
    fc.property(fc.array(fc.record({ text: fc.string() }), { minLength: 1 }), (written) => {
      const inputs = written.map(({ text }) => ({ text }))
      const body = ask.writeRequest(inputs, wish)
      assert.deepEqual(accept.check(body), { items: inputs.length, stream: false })
      assert.deepEqual(accept.readRequest(body), inputs)
    }),
  )
})

const vectors = fc.array(fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 }), {
  minLength: 1,
})

for (const encoding_format of ['float', 'base64']) {
  test(`vectors written as ${encoding_format} and read again are the same`, () => {
    fc.assert(
      fc.property(vectors, (embeddings) => {
        const outputs = embeddings.map((embedding) => ({ embedding }))
        const body = accept.writeAnswer(outputs, { ...facts, request: { encoding_format } })
        const items = outputs.map((output) => ({ output }))
        assert.deepEqual(ask.readAnswer(body), { items, usage: { inputTokens: 5 } })
      }),
    )
  })
}

test('base64 holds float32, little-endian', () => {
  assert.equal(floatsToBase64([1, -2]), Buffer.from([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]).toString('base64'))
  assert.equal(floatsFromBase64(Buffer.from([0, 0, 0x80]).toString('base64')), undefined)
  assert.equal(floatsFromBase64(Buffer.from([0, 0, 0xc0, 0x7f]).toString('base64')), undefined)
})

const counts: readonly (readonly [unknown, number])[] = [
  ['a', 1],
  [['a', 'b'], 2],
  [[1, 2, 3], 1],
  [[[1], [2, 3]], 2],
]

for (const [input, items] of counts) {
  test(`${JSON.stringify(input)} is ${items} to account for`, () => {
    assert.equal(accept.check({ input }).items, items)
  })
}

const faults: readonly (readonly [JsonObject, string])[] = [
  [{}, '/input'],
  [{ input: [] }, '/input'],
  [{ input: ['a', 1] }, '/input'],
  [{ input: [[1], []] }, '/input'],
  [{ input: [1.5] }, '/input'],
  [{ input: 'a', encoding_format: 'int8' }, '/encoding_format'],
]

for (const [body, path] of faults) {
  test(`${JSON.stringify(body)} is refused with its place`, () => {
    assert.deepEqual(
      fault(() => accept.check(body)),
      ['invalid_input', path],
    )
  })
}

test('other dimensions than those of the contract are refused, passing through included', () => {
  for (const dimensions of [256, 0, 'many']) {
    assert.deepEqual(
      fault(() => accept.check({ input: 'a', dimensions })),
      ['unsupported', '/dimensions'],
    )
  }
  assert.equal(accept.check({ input: 'a', dimensions: null }).items, 1)
})

test('tokens and unknown fields have no canonical form', () => {
  const refused: readonly (readonly [JsonObject, string])[] = [
    [{ input: [1, 2] }, '/input'],
    [{ input: [[1], [2]] }, '/input'],
    [{ input: 'a', task: 'query' }, '/task'],
  ]
  for (const [body, path] of refused) {
    assert.deepEqual(
      fault(() => accept.readRequest(body)),
      ['unsupported', path],
    )
  }
})

test('inputs of a contract that asks for more than a text are refused', () => {
  for (const input of [{ text: 'a', language: 'de' }, { words: 'a' }, 'a']) {
    assert.deepEqual(
      fault(() => ask.writeRequest([input], wish)),
      ['unsupported', undefined],
    )
  }
})

test('vectors are put in order by their index', () => {
  const data = [
    { index: 1, embedding: [2] },
    { index: 0, embedding: [1] },
  ]
  assert.deepEqual(ask.readAnswer({ data }).items, [{ output: { embedding: [1] } }, { output: { embedding: [2] } }])
})

const broken: readonly (readonly [JsonObject, string])[] = [
  [{ data: [{ index: 1, embedding: [1] }] }, 'upstream_failed'],
  [{ data: [{ index: 0, embedding: ['a'] }] }, 'upstream_failed'],
  [{ data: [{ index: 0, embedding: 'AAA=' }] }, 'upstream_failed'],
  [{ data: 'a' }, 'upstream_failed'],
  [{ error: { type: 'rate_limit_error', message: 'Slow' } }, 'upstream_unavailable'],
]

for (const [body, code] of broken) {
  test(`${JSON.stringify(body)} inside a 200 is ${code}`, () => {
    assert.equal(fault(() => ask.readAnswer(body))[0], code)
  })
}

test('an answer that is passed on is looked at for its usage and for an error', () => {
  assert.deepEqual(ask.lookAtAnswer({ data: [], usage: { prompt_tokens: 4, total_tokens: 4 } }), {
    text: '',
    usage: { inputTokens: 4 },
  })
  assert.equal(fault(() => ask.lookAtAnswer({ error: 'model not loaded' }))[0], 'upstream_failed')
})

test('what passes through keeps its bytes but for the model', () => {
  const bytes = Buffer.from('{"input":[[1, 2]],"model":"vectors","new_field":1.0}')
  const request = { dialect: 'openai-embeddings', bytes, body: {}, items: 1, canonical: () => [] } as const
  assert.equal(ask.forward(request, wish).bytes.toString(), '{"input":[[1, 2]],"model":"embed-x","new_field":1.0}')
})
