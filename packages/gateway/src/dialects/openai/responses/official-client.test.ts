import assert from 'node:assert/strict'
import { test } from 'node:test'
import OpenAI from 'openai'
import type { ChatChunk } from '../../../kernel/chat.ts'
import type { JsonObject } from '../../dialect.ts'
import { openaiEmbeddings } from '../embeddings.ts'
import { openaiModerations } from '../moderations.ts'
import { openaiResponses } from '../responses.ts'
import { facts, streamText } from './testing/events.ts'

/** OpenAI's own client reads what the dialects write; its requests are answered in this process. */
function clientOf(answer: (request: JsonObject) => Response): OpenAI {
  const fetch = async (_: unknown, init?: { body?: unknown }): Promise<Response> =>
    answer(JSON.parse(String(init?.body)))
  return new OpenAI({ apiKey: 'none', baseURL: 'http://gateway.invalid/v1', maxRetries: 0, fetch })
}

const chunks: readonly ChatChunk[] = [
  { type: 'reasoning-delta', choice: 0, text: 'Look it ' },
  { type: 'reasoning-delta', choice: 0, text: 'up.' },
  { type: 'reasoning-end', choice: 0, signature: 'c2ln' },
  {
    type: 'text-delta',
    choice: 0,
    text: 'One ',
    logprobs: [{ token: 'One', logprob: -0.1, top: [{ token: 'A', logprob: -2 }] }],
  },
  { type: 'text-delta', choice: 0, text: 'moment.' },
  { type: 'tool-call-start', choice: 0, id: 'call_1', tool: 'weather' },
  { type: 'tool-call-start', choice: 0, id: 'call_2', tool: 'weather' },
  { type: 'tool-call-delta', choice: 0, id: 'call_1', arguments: '{"city":' },
  { type: 'tool-call-delta', choice: 0, id: 'call_2', arguments: '{"city":"Bonn"}' },
  { type: 'tool-call-delta', choice: 0, id: 'call_1', arguments: '"Rom"}' },
  { type: 'choice-end', choice: 0, finishReason: 'tool-calls' },
]

test('the official client gathers a stream with reasoning, text and parallel tool calls', async () => {
  const client = clientOf(
    (request) => new Response(streamText(chunks, request), { headers: { 'content-type': 'text/event-stream' } }),
  )
  const stream = client.responses.stream({ model: 'support-chat', input: 'Weather?' })
  const deltas: string[] = []
  stream.on('response.output_text.delta', ({ delta }) => deltas.push(delta))
  const response = await stream.finalResponse()
  assert.deepEqual(deltas, ['One ', 'moment.'])
  assert.equal(response.output_text, 'One moment.')
  assert.equal(response.status, 'completed')
  assert.deepEqual(
    response.output.map(({ type }) => type),
    ['reasoning', 'message', 'function_call', 'function_call'],
  )
  const calls = response.output.filter((item) => item.type === 'function_call')
  assert.deepEqual(
    calls.map(({ call_id, name, arguments: written }) => [call_id, name, written]),
    [
      ['call_1', 'weather', '{"city":"Rom"}'],
      ['call_2', 'weather', '{"city":"Bonn"}'],
    ],
  )
  assert.equal(response.usage?.total_tokens, 19)
})

test('what the official client sends back of an answer is read as it was said', async () => {
  const answer = {
    choices: [
      {
        content: [
          { type: 'reasoning', text: 'Look it up.', signature: 'c2ln' },
          { type: 'text', text: 'One moment.' },
          { type: 'tool-call', id: 'call_1', tool: 'weather', arguments: '{"city":"Rom"}' },
        ],
        finishReason: 'tool-calls',
      },
    ],
  }
  const requests: JsonObject[] = []
  const client = clientOf((request) => {
    requests.push(request)
    return Response.json(openaiResponses.accept.writeAnswer([answer], { ...facts, request }))
  })
  const first = await client.responses.create({ model: 'support-chat', input: 'Weather?' })
  await client.responses.create({
    model: 'support-chat',
    input: [
      { role: 'user', content: 'Weather?' },
      ...first.output.filter(
        (item) => item.type === 'reasoning' || item.type === 'message' || item.type === 'function_call',
      ),
      { type: 'function_call_output', call_id: 'call_1', output: 'Sunny' },
    ],
  })
  assert.deepEqual(openaiResponses.accept.readRequest(requests[1] ?? {}), [
    {
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'Weather?' }] },
        { role: 'assistant', content: answer.choices[0]?.content },
        { role: 'tool', content: [{ type: 'tool-result', id: 'call_1', content: [{ type: 'text', text: 'Sunny' }] }] },
      ],
    },
  ])
})

test('the official client unpacks embeddings, which it asks for in base64', async () => {
  const formats: unknown[] = []
  const client = clientOf((request) => {
    formats.push(request.encoding_format)
    const outputs = openaiEmbeddings.accept.readRequest(request).map((_, at) => ({ embedding: [at, 0.5, -0.25] }))
    return Response.json(openaiEmbeddings.accept.writeAnswer(outputs, { ...facts, request }))
  })
  const { data, usage } = await client.embeddings.create({ model: 'vectors', input: ['a', 'b'] })
  assert.deepEqual(formats, ['base64'])
  assert.deepEqual(
    data.map(({ embedding }) => Array.from(embedding)),
    [
      [0, 0.5, -0.25],
      [1, 0.5, -0.25],
    ],
  )
  assert.deepEqual(usage, { prompt_tokens: 12, total_tokens: 12 })
})

test('the official client reads moderations', async () => {
  const output = { flagged: true, categories: { violence: true }, scores: { violence: 0.9 } }
  const client = clientOf((request) => {
    const outputs = openaiModerations.accept.readRequest(request).map(() => output)
    return Response.json(openaiModerations.accept.writeAnswer(outputs, { ...facts, request }))
  })
  const { id, results } = await client.moderations.create({ model: 'safety', input: ['a', 'b'] })
  assert.equal(id, 'modr_0191-call')
  assert.deepEqual(
    results.map(({ flagged, category_scores }) => [flagged, category_scores.violence]),
    [
      [true, 0.9],
      [true, 0.9],
    ],
  )
})
