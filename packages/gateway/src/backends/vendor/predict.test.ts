import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { AstraError } from '../../kernel/errors.ts'
import { context } from '../testing/asking.ts'
import { chatChunks, chatInput, chatOutput, openVendorBed } from './testing/vendor-harness.ts'

async function open(t: TestContext, task: 'chat' | 'embedding' | 'moderation' | 'completion', settings = {}) {
  const { fake, backend, version, close } = await openVendorBed('openai')
  t.after(close)
  const served = version(settings, task)
  return {
    fake,
    predict: (inputs: readonly unknown[]) => backend.predict(served, fake.url, inputs, context),
    stream: (input: unknown) => backend.stream?.(served, fake.url, input, context) ?? [],
  }
}

test('embeddings go in lists of 256, and their usage is added up', async (t) => {
  const { fake, predict } = await open(t, 'embedding')
  const texts = Array.from({ length: 300 }, (_, i) => 'x'.repeat(i + 1))
  const { items, usage } = await predict(texts.map((text) => ({ text })))
  assert.deepEqual(fake.requests.map(({ body }) => (body.input as unknown[]).length).sort(), [256, 44])
  assert.deepEqual(
    items.map((item) => 'output' in item && (item.output as { embedding: number[] }).embedding[0]),
    texts.map(({ length }) => length),
  )
  assert.equal(usage?.inputTokens, 300)
})

test('a list that is refused is sent again input by input', async (t) => {
  const { fake, predict } = await open(t, 'moderation')
  fake.script('refused', undefined, 'refused')
  const { items } = await predict([{ text: 'a' }, { text: 'b' }, { text: 'harm' }])
  const refused = items.map((item) => 'error' in item && item.error.code)
  assert.equal(refused.filter((code) => code === 'invalid_input').length, 1)
  assert.equal(fake.requests.length, 4)
})

test('a list on which it failed is not', async (t) => {
  const { fake, predict } = await open(t, 'moderation')
  fake.script('failed')
  await assert.rejects(predict([{ text: 'a' }, { text: 'b' }]), { code: 'upstream_failed' })
  assert.equal(fake.requests.length, 1)
})

test('completions, whole and streamed', async (t) => {
  const { predict, stream } = await open(t, 'completion')
  const { items } = await predict([{ prompt: 'one two' }])
  assert.deepEqual(items, [{ output: { text: 'one two', finishReason: 'stop' } }])
  const texts: string[] = []
  for await (const event of stream({ prompt: 'one two' })) {
    if (event.type === 'chunk') texts.push((event.chunk as { text: string }).text)
  }
  assert.equal(texts.join(''), 'one two')
})

test('a chat in canonical form by responses', async (t) => {
  const { fake, predict, stream } = await open(t, 'chat', { api: 'responses' })
  const { items, usage } = await predict([chatInput('one two')])
  assert.deepEqual(items, [{ output: chatOutput('one two') }])
  assert.equal(usage?.outputTokens, 2)
  const chunks: unknown[] = []
  for await (const event of stream(chatInput('one two'))) if (event.type === 'chunk') chunks.push(event.chunk)
  assert.deepEqual(chunks, chatChunks('one two'))
  assert.deepEqual(
    fake.requests.map(({ path }) => path),
    ['/v1/responses', '/v1/responses'],
  )
})

test('tools and structured output, whole', async (t) => {
  const { predict } = await open(t, 'chat')
  const tool = { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } }
  const [called] = (await predict([{ ...(chatInput('use the tool') as object), tools: [tool] }])).items
  assert.ok(called && 'output' in called)
  const { choices } = called.output as { choices: { content: unknown[]; finishReason: string }[] }
  assert.equal(choices[0]?.finishReason, 'tool-calls')
  assert.deepEqual(choices[0]?.content, [
    { type: 'tool-call', id: 'call_fake', tool: 'weather', arguments: '{"city":"Paris"}' },
  ])
  const schema = { type: 'object', properties: { label: { enum: ['spam', 'ham'] }, score: { type: 'number' } } }
  const responseFormat = { type: 'json', schema, name: 'verdict' }
  const [filled] = (await predict([{ ...(chatInput('judge') as object), responseFormat }])).items
  assert.deepEqual(filled, { output: chatOutput('{"label":"spam","score":0.5}') })
})

test('a field that the protocol has no words for is refused before anything is sent', async (t) => {
  const { fake, predict, stream } = await open(t, 'chat')
  const input = { ...(chatInput('a') as object), topK: 3 }
  const { items } = await predict([input])
  const [item] = items
  assert.ok(item && 'error' in item)
  assert.equal(item.error.code, 'unsupported')
  await assert.rejects(
    async () => {
      for await (const _ of stream(input)) assert.fail('nothing was asked')
    },
    (thrown) => thrown instanceof AstraError && thrown.code === 'unsupported',
  )
  assert.equal(fake.requests.length, 0)
})

test('an answer to fewer inputs than were sent is upstream_failed', async (t) => {
  const { fake, predict } = await open(t, 'embedding')
  const body = JSON.stringify({ object: 'list', data: [{ index: 0, embedding: [1] }], model: 'm' })
  fake.script({ status: 200, body, headers: { 'content-type': 'application/json' } })
  await assert.rejects(predict([{ text: 'a' }, { text: 'b' }]), { code: 'upstream_failed' })
})

test('when to come back is read in every form, and believed up to an hour', async (t) => {
  const { fake, predict } = await open(t, 'chat')
  const forms: readonly (readonly [Record<string, string>, number])[] = [
    [{ 'retry-after': '3' }, 3000],
    [{ 'retry-after': '3', 'retry-after-ms': '250' }, 250],
    [{ 'retry-after': 'Thu, 01 Jan 2026 00:00:07 GMT', date: 'Thu, 01 Jan 2026 00:00:00 GMT' }, 7000],
    [{ 'retry-after': '999999' }, 3_600_000],
    [{}, 1000],
  ]
  for (const [headers, retryAfterMs] of forms) {
    fake.script({ status: 429, body: '{"error":{"message":"slow down"}}', headers })
    await assert.rejects(predict([chatInput('a')]), (thrown) => {
      return (
        thrown instanceof AstraError &&
        thrown.code === 'upstream_unavailable' &&
        thrown.facts.retryAfterMs === retryAfterMs
      )
    })
  }
})
