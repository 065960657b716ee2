import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BackendEvent } from '../../../kernel/backend.ts'
import { AstraError, publicError } from '../../../kernel/errors.ts'
import { outputs, predict, stream } from '../../testing/asking.ts'
import type { BackendHarness } from '../../testing/backend-harness.ts'
import { fixtureVersion } from '../../testing/fixture-version.ts'
import { createOipBackend } from '../oip.ts'
import { openFakeUpstream } from '../testing/fake-upstream.ts'
import { openOip } from '../testing/oip-harness.ts'
import { readWritten } from './read-generation.ts'
import { writeChat, writeCompletion } from './write-generation.ts'

const user = (text: string) => ({ role: 'user', content: [{ type: 'text', text }] }) as const

async function withTask<T>(
  task: 'chat' | 'completion',
  run: (
    part: Pick<BackendHarness, 'backend' | 'version' | 'replica' | 'privateWords'>,
    bodies: () => unknown[],
  ) => Promise<T>,
): Promise<T> {
  const upstream = await openFakeUpstream()
  const backend = createOipBackend({ addresses: { embedded: upstream.address }, bodyBytesMax: 1 << 20 })
  const sample = fixtureVersion('oip', { model: 'tale', version: '1' }, ['embedded'])
  const version = { ...sample, contract: { ...sample.contract, task } }
  const bodies = () => upstream.requests.map(({ path, body }) => [path, JSON.parse(body)])
  try {
    return await run({ backend, version, replica: 'embedded', privateWords: 'secret' }, bodies)
  } finally {
    await backend.close()
    await upstream.close()
  }
}

async function events(stream: AsyncIterable<BackendEvent>): Promise<BackendEvent[]> {
  const all: BackendEvent[] = []
  for await (const event of stream) all.push(event)
  return all
}

test('a completion is answered whole and streamed, and its usage is told', () =>
  withTask('completion', async (part, bodies) => {
    const { items, usage } = await predict(part, [{ prompt: 'once upon' }, { prompt: 'two' }])
    assert.deepEqual(items, [
      { output: { text: 'once upon', finishReason: 'stop' } },
      { output: { text: 'two', finishReason: 'stop' } },
    ])
    assert.deepEqual(usage, { inputTokens: 12, outputTokens: 3 })
    assert.deepEqual(await events(stream(part, { prompt: 'once upon', seed: 3n })), [
      { type: 'chunk', chunk: { text: 'once ' } },
      { type: 'chunk', chunk: { text: 'upon' } },
      { type: 'usage', usage: { inputTokens: 9, outputTokens: 2 } },
      { type: 'chunk', chunk: { text: '', finishReason: 'stop' } },
    ])
    const [path, body] = bodies().at(-1) as [string, unknown]
    assert.equal(path, '/v2/models/tale/versions/1/generate_stream')
    assert.deepEqual(body, { text_input: 'once upon', parameters: { seed: 3 } })
  }))

test('a stream that ends without its last event, or tells an error, is upstream_failed', () =>
  withTask('chat', async (part) => {
    for (const text of ['a !unended', '!fault']) {
      await assert.rejects(events(stream(part, { messages: [user(text)] })), (thrown) => {
        assert.ok(thrown instanceof AstraError)
        assert.equal(thrown.code, 'upstream_failed')
        assert.doesNotMatch(JSON.stringify(publicError(thrown)), /secret/)
        return true
      })
    }
  }))

test('what upstream refuses is told with what to change', () =>
  withTask('chat', async (part) => {
    await assert.rejects(outputs(part, [{ messages: [user('!refused')] }]), (thrown) => {
      assert.ok(thrown instanceof AstraError)
      const { code, detail, next } = publicError(thrown)
      assert.deepEqual([code, detail], ['invalid_input', 'The model refused this request'])
      assert.match(next, /a simpler JSON Schema/)
      return true
    })
  }))

test('classic versions of the same backend do not stream', async () => {
  const harness = await openOip()
  await assert.rejects(events(stream(harness, harness.input(1))), { code: 'unsupported' })
  await harness.backend.close()
  await harness.close()
})

test('a chat is written with all that can be carried', () => {
  const written = writeChat({
    messages: [
      {
        role: 'system',
        content: [
          { type: 'text', text: 'be' },
          { type: 'text', text: 'brief' },
        ],
      },
      user('hi'),
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'hm' },
          { type: 'text', text: 'ho' },
        ],
      },
      user('so?'),
    ],
    outputTokensMax: 5,
    temperature: 0,
    topP: 0.5,
    topK: 3,
    stop: ['x'],
    seed: 7,
    responseFormat: { type: 'json', schema: { type: 'number' }, name: 'n' },
    tools: [],
    toolChoice: 'auto',
    n: 1,
    frequencyPenalty: 0,
  })
  assert.deepEqual(JSON.parse(written), {
    messages: [
      { role: 'system', content: 'be\nbrief' },
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: 'ho' },
      { role: 'user', content: 'so?' },
    ],
    parameters: {
      max_tokens: 5,
      temperature: 0,
      top_p: 0.5,
      top_k: 3,
      stop: ['x'],
      seed: 7,
      json_schema: { type: 'number' },
    },
  })
  const anyJson = JSON.parse(writeChat({ messages: [user('a')], responseFormat: { type: 'json' } }))
  assert.deepEqual(anyJson.parameters.json_schema, { type: 'object', additionalProperties: true })
  assert.equal(writeCompletion({ prompt: 'a' }), '{"text_input":"a","parameters":{}}')
})

test('what cannot be carried is refused by name', () => {
  const tool = { name: 'f', parameters: {} }
  const image = { type: 'image', source: { url: 'https://example.com/a.png' } } as const
  for (const [field, request] of [
    ['"tools"', { tools: [tool] }],
    ['"toolChoice"', { toolChoice: 'required' }],
    ['"n"', { n: 2 }],
    ['"logprobs"', { logprobs: 0 }],
    ['"frequencyPenalty"', { frequencyPenalty: 0.5 }],
    ['"presencePenalty"', { presencePenalty: -1 }],
    ['"reasoning"', { reasoning: { effort: 'low' } }],
    ['A part of type "image"', { messages: [{ role: 'user', content: [image] }] }],
    ['A "tool" message', { messages: [{ role: 'tool', content: [] }] }],
  ] as const) {
    assert.throws(() => writeChat({ messages: [user('a')], ...request }), {
      code: 'unsupported',
      message: `${field} cannot be passed to this model`,
    })
  }
})

test('what a server writes is read, and anything else is its fault', () => {
  const read = { text: 'a', reasoning: '', finishReason: undefined, usage: undefined }
  assert.deepEqual(readWritten({ text_output: 'a', model_name: 'x' }), read)
  assert.deepEqual(readWritten({ text_output: 'a', finish_reason: 'strange', usage: { input_tokens: -1 } }), {
    ...read,
    finishReason: 'other',
  })
  for (const value of [null, [], {}, { text_output: 3 }, { text_output: 'a', reasoning_output: 1 }, { error: 'no' }]) {
    assert.throws(() => readWritten(value), { code: 'upstream_failed' })
  }
})
