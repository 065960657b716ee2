import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ChatRequest } from '../../../kernel/chat.ts'
import { AstraError } from '../../../kernel/errors.ts'
import type { JsonObject } from '../../dialect.ts'
import { writeCount, writeRequest } from './write-request.ts'

const wish = { model: 'claude-x', stream: false, tellsStreamUsage: false }
const hi: ChatRequest['messages'] = [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }]
const hiWritten = [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }]

function writes(request: ChatRequest, expected: JsonObject): void {
  const { model, ...body } = writeRequest([request], wish)
  assert.equal(model, 'claude-x')
  assert.deepEqual(body, { max_tokens: 8192, ...expected })
}

test('a plain request has the default bound on its answer', () => {
  writes({ messages: hi }, { messages: hiWritten })
  writes({ messages: hi, outputTokensMax: 7 }, { messages: hiWritten, max_tokens: 7 })
  assert.equal(writeRequest([{ messages: hi }], { ...wish, stream: true }).stream, true)
})

test('system messages at the beginning are the system prompt, a later one stays where it stands', () => {
  const system = (text: string) => ({ role: 'system' as const, content: [{ type: 'text' as const, text }] })
  const messages = [system('a'), system('b'), ...hi, system('c')]
  const blocks = [
    { type: 'text', text: 'a' },
    { type: 'text', text: 'b' },
  ]
  const later = { role: 'system', content: [{ type: 'text', text: 'c' }] }
  writes({ messages }, { system: blocks, messages: [...hiWritten, later] })
})

test('neighbours of one role become one turn; results of tools stand in the turn of the user', () => {
  const messages: ChatRequest['messages'] = [
    ...hi,
    {
      role: 'assistant',
      content: [
        { type: 'text', text: '' },
        { type: 'reasoning', text: 'unsigned' },
        { type: 'reasoning', text: 'signed', signature: 's' },
        { type: 'reasoning', text: '', redacted: 'r' },
        { type: 'tool-call', id: 'functions.look:0', tool: 'look', arguments: '' },
      ],
    },
    {
      role: 'tool',
      content: [
        { type: 'tool-result', id: 'functions.look:0', content: [{ type: 'text', text: 'sky' }], failed: true },
      ],
    },
    ...hi,
    { role: 'assistant', content: [{ type: 'reasoning', text: 'only unsigned' }] },
  ]
  const id = 'functions_2elook_3a0'
  writes(
    { messages },
    {
      messages: [
        ...hiWritten,
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'signed', signature: 's' },
            { type: 'redacted_thinking', data: 'r' },
            { type: 'tool_use', id, name: 'look', input: {} },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: id, content: [{ type: 'text', text: 'sky' }], is_error: true },
            { type: 'text', text: 'hi' },
          ],
        },
      ],
    },
  )
})

test('images and files', () => {
  const messages: ChatRequest['messages'] = [
    {
      role: 'user',
      content: [
        { type: 'image', detail: 'high', source: { url: 'https://a.example/b.png' } },
        { type: 'image', source: { mediaType: 'image/png', base64: 'aGk=' } },
        { type: 'file', mediaType: 'application/pdf', base64: 'aGk=', name: 'a.pdf' },
        { type: 'file', mediaType: 'text/plain', base64: 'aGk=' },
      ],
    },
  ]
  const content = [
    { type: 'image', source: { type: 'url', url: 'https://a.example/b.png' } },
    { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } },
    { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'aGk=' }, title: 'a.pdf' },
    { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'hi' } },
  ]
  writes({ messages }, { messages: [{ role: 'user', content }] })
})

test('tools, and a choice only where there are tools', () => {
  const tools = [{ name: 'look', parameters: { type: 'object' }, description: 'Looks', strict: true }]
  const written = [{ name: 'look', description: 'Looks', strict: true, input_schema: { type: 'object' } }]
  const choices: readonly (readonly [Partial<ChatRequest>, JsonObject])[] = [
    [{}, {}],
    [{ toolChoice: 'required' }, { tool_choice: { type: 'any' } }],
    [
      { toolChoice: { tool: 'look' }, parallelToolCalls: true },
      { tool_choice: { type: 'tool', name: 'look', disable_parallel_tool_use: false } },
    ],
    [{ parallelToolCalls: false }, { tool_choice: { type: 'auto', disable_parallel_tool_use: true } }],
    [{ toolChoice: 'none', parallelToolCalls: false }, { tool_choice: { type: 'none' } }],
  ]
  for (const [choice, body] of choices) {
    writes({ messages: hi, tools, ...choice }, { messages: hiWritten, tools: written, ...body })
  }
  writes({ messages: hi, tools: [], toolChoice: 'auto', parallelToolCalls: true }, { messages: hiWritten })
})

test('reasoning and structured output', () => {
  const schema = { type: 'object' }
  const forms: readonly (readonly [Partial<ChatRequest>, JsonObject])[] = [
    [{ reasoning: { effort: 'none' } }, { thinking: { type: 'disabled' } }],
    [{ reasoning: { effort: 'minimal' } }, { thinking: { type: 'adaptive' }, output_config: { effort: 'low' } }],
    [{ reasoning: { effort: 'xhigh' } }, { thinking: { type: 'adaptive' }, output_config: { effort: 'xhigh' } }],
    [{ reasoning: {} }, { thinking: { type: 'adaptive' } }],
    [{ reasoning: { tokensMax: 2000 } }, { thinking: { type: 'enabled', budget_tokens: 2000 }, max_tokens: 10_192 }],
    [{ responseFormat: { type: 'text' } }, {}],
    [
      { responseFormat: { type: 'json', schema, name: 'n' } },
      { output_config: { format: { type: 'json_schema', schema } } },
    ],
  ]
  for (const [request, body] of forms) writes({ messages: hi, ...request }, { messages: hiWritten, ...body })
})

test('what asks for nothing passes', () => {
  writes({ messages: hi, n: 1, frequencyPenalty: 0, presencePenalty: 0 }, { messages: hiWritten })
})

const refused: readonly (readonly [Partial<ChatRequest>, path: string])[] = [
  [{ n: 2 }, '/n'],
  [{ seed: 0 }, '/seed'],
  [{ logprobs: 0 }, '/logprobs'],
  [{ frequencyPenalty: 0.1 }, '/frequencyPenalty'],
  [{ presencePenalty: -1 }, '/presencePenalty'],
  [{ temperature: 1.01 }, '/temperature'],
  [{ toolChoice: 'required' }, '/toolChoice'],
  [{ reasoning: { effort: 'none', tokensMax: 5 } }, '/reasoning/tokensMax'],
  [{ responseFormat: { type: 'json' } }, '/responseFormat'],
  [
    { messages: [{ role: 'user', content: [{ type: 'audio', mediaType: 'audio/wav', base64: '' }] }] },
    '/messages/0/content/0',
  ],
  [
    { messages: [{ role: 'user', content: [{ type: 'file', mediaType: 'text/csv', base64: '' }] }] },
    '/messages/0/content/0/mediaType',
  ],
  [
    { messages: [{ role: 'user', content: [{ type: 'image', detail: 'low', source: { url: 'u' } }] }] },
    '/messages/0/content/0/detail',
  ],
]

for (const [request, path] of refused) {
  test(`${JSON.stringify(request)} is refused at ${path}`, () => {
    assert.throws(
      () => writeRequest([{ messages: hi, ...request }], wish),
      (error) =>
        error instanceof AstraError && error.code === 'unsupported' && error.facts.violations?.[0]?.path === path,
    )
  })
}

test('arguments that are no JSON object are the fault of whoever sent them', () => {
  for (const argumentsText of ['{', '[]', '"x"']) {
    const call = { type: 'tool-call' as const, id: 'a', tool: 'b', arguments: argumentsText }
    assert.throws(() => writeRequest([{ messages: [{ role: 'assistant', content: [call] }] }], wish), {
      code: 'invalid_input',
    })
  }
})

test('a request holds exactly one input', () => {
  assert.throws(() => writeRequest([], wish), { code: 'unsupported' })
  assert.throws(() => writeRequest([{ messages: hi }, { messages: hi }], wish), { code: 'unsupported' })
})

test('to count tokens, only what makes up the input is sent', () => {
  const tools = [{ name: 'look', parameters: {} }]
  const request: ChatRequest = { messages: hi, tools, temperature: 1, outputTokensMax: 5, stop: ['x'] }
  assert.deepEqual(writeCount([request], wish), {
    model: 'claude-x',
    messages: hiWritten,
    tools: [{ name: 'look', input_schema: {} }],
  })
})
