import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { streamText } from 'ai'
import OpenAI from 'openai'
import type { ChatChunk } from '../../../kernel/chat.ts'
import type { JsonObject } from '../../dialect.ts'
import { openaiChat } from '../chat.ts'
import { openaiCompletions } from '../completions.ts'

/** The clients that callers use read what the dialects write; their requests are answered in this process. */
function answering(answer: (request: JsonObject) => Response) {
  return async (_: unknown, init?: { body?: unknown }): Promise<Response> => answer(JSON.parse(String(init?.body)))
}

function clientOf(answer: (request: JsonObject) => Response): OpenAI {
  return new OpenAI({ apiKey: 'none', baseURL: 'http://gateway.invalid/v1', maxRetries: 0, fetch: answering(answer) })
}

const facts = { callId: 'c1', model: 'support-chat', created: 17 }
const usage = { inputTokens: 7, cachedInputTokens: 4, outputTokens: 9, reasoningTokens: 2 }
const chunks: readonly ChatChunk[] = [
  { type: 'reasoning-delta', choice: 0, text: 'Look it up.' },
  { type: 'text-delta', choice: 0, text: 'One ' },
  { type: 'text-delta', choice: 0, text: 'moment.' },
  { type: 'tool-call-start', choice: 0, id: 'call_1', tool: 'weather' },
  { type: 'tool-call-start', choice: 0, id: 'call_2', tool: 'weather' },
  { type: 'tool-call-delta', choice: 0, id: 'call_1', arguments: '{"city":' },
  { type: 'tool-call-delta', choice: 0, id: 'call_2', arguments: '{"city":"Bonn"}' },
  { type: 'tool-call-delta', choice: 0, id: 'call_1', arguments: '"Rom"}' },
  { type: 'choice-end', choice: 0, finishReason: 'tool-calls' },
]
const calls = [
  ['call_1', 'weather', '{"city":"Rom"}'],
  ['call_2', 'weather', '{"city":"Bonn"}'],
]

function streamed({ accept }: typeof openaiChat, request: JsonObject, said: readonly unknown[]): Response {
  accept.check(request)
  accept.readRequest(request)
  const writer = accept.writeStream?.({ ...facts, request })
  assert.ok(writer)
  const text = [writer.start(), ...said.map(writer.chunk), writer.end(usage)].join('')
  return new Response(text, { headers: { 'content-type': 'text/event-stream' } })
}

const messages = [{ role: 'user' as const, content: 'Weather?' }]
const readMessages = [{ role: 'user', content: [{ type: 'text', text: 'Weather?' }] }]
const tools = [
  { type: 'function' as const, function: { name: 'weather', parameters: { type: 'object', properties: {} } } },
]

test('the official client gathers a stream with text, parallel tool calls and usage', async () => {
  const client = clientOf((request) => streamed(openaiChat, request, chunks))
  const options = { model: 'support-chat', messages, tools, stream_options: { include_usage: true } }
  const completion = await client.chat.completions.stream(options).finalChatCompletion()
  const [choice] = completion.choices
  assert.equal(choice?.message.content, 'One moment.')
  assert.equal(choice?.finish_reason, 'tool_calls')
  const told = choice?.message.tool_calls?.map((call) =>
    call.type === 'function' ? [call.id, call.function.name, call.function.arguments] : [],
  )
  assert.deepEqual(told, calls)
  assert.equal(completion.usage?.total_tokens, 16)
  assert.equal(completion.usage?.prompt_tokens_details?.cached_tokens, 4)
})

test('the official client parses structured output, and sends the whole message back', async () => {
  const content = [{ type: 'text' as const, text: '{"city":"Bonn"}' }]
  const requests: JsonObject[] = []
  const client = clientOf((request) => {
    requests.push(request)
    openaiChat.accept.readRequest(request)
    const output = { choices: [{ content, finishReason: 'stop' }] }
    return Response.json(openaiChat.accept.writeAnswer([output], { ...facts, request, usage }))
  })
  const schema = {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  }
  const response_format = { type: 'json_schema' as const, json_schema: { name: 'place', strict: true, schema } }
  const { choices } = await client.chat.completions.parse({ model: 'm', messages, response_format })
  assert.deepEqual(choices[0]?.message.parsed, { city: 'Bonn' })
  assert.ok(choices[0])
  await client.chat.completions.create({ model: 'm', messages: [...messages, choices[0].message, ...messages] })
  assert.deepEqual(openaiChat.accept.readRequest(requests[1] ?? {}), [
    { messages: [...readMessages, { role: 'assistant', content }, ...readMessages] },
  ])
})

test('the official client streams a completion', async () => {
  const said = [{ text: 'Once ' }, { text: 'upon' }, { text: '', finishReason: 'length' }]
  const client = clientOf((request) => streamed(openaiCompletions, request, said))
  let text = ''
  let finish: string | undefined
  for await (const { choices } of await client.completions.create({ model: 'm', prompt: 'x', stream: true })) {
    text += choices[0]?.text ?? ''
    finish = choices[0]?.finish_reason ?? finish
  }
  assert.deepEqual([text, finish], ['Once upon', 'length'])
})

test("the AI SDK's compatible provider reads reasoning, tool calls, the finish and usage", async () => {
  const fetch = answering((request) => streamed(openaiChat, request, chunks))
  const provider = createOpenAICompatible({
    name: 'astra',
    baseURL: 'http://gateway.invalid/v1',
    includeUsage: true,
    fetch,
  })
  const result = streamText({ model: provider('support-chat'), prompt: 'Weather?' })
  assert.equal(await result.text, 'One moment.')
  assert.equal(await result.reasoningText, 'Look it up.')
  assert.equal(await result.finishReason, 'tool-calls')
  const told = (await result.toolCalls).map(({ toolCallId, toolName, input }) => [
    toolCallId,
    toolName,
    JSON.stringify(input),
  ])
  assert.deepEqual(told, calls)
  assert.equal((await result.usage).totalTokens, 16)
})
