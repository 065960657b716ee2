import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { LanguageModelV4StreamPart } from '@ai-sdk/provider'
import fc from 'fast-check'
import type { ChatChunk } from '../../kernel/chat.ts'
import { open } from './open-models.ts'
import type { ProviderName } from './providers.ts'
import { createPartReader } from './read-stream.ts'
import { sampleModels } from './testing/sample-models.ts'

const noUsage = {
  inputTokens: { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: undefined, text: undefined, reasoning: undefined },
}
const finish: LanguageModelV4StreamPart = {
  type: 'finish',
  usage: noUsage,
  finishReason: { unified: 'stop', raw: 'STOP' },
}
const delta = (text: string): LanguageModelV4StreamPart => ({ type: 'text-delta', id: '0', delta: text })
const ended: ChatChunk = { type: 'choice-end', choice: 0, finishReason: 'stop' }

async function read(parts: readonly LanguageModelV4StreamPart[], provider: ProviderName = 'google') {
  const reader = createPartReader(await open(sampleModels[provider], {}, fetch))
  const events = parts.flatMap((part) => reader.read(part))
  reader.end()
  return events.map((event) => (event.type === 'chunk' ? (event.chunk as ChatChunk) : event))
}

describe('a stream of parts', () => {
  test('however a text is cut, it arrives whole', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.string()), async (texts) => {
        const chunks = await read([...texts.map(delta), finish])
        const said = chunks.flatMap((chunk) => (chunk.type === 'text-delta' ? [chunk.text] : []))
        assert.equal(said.join(''), texts.join(''))
        assert.deepEqual(chunks.at(-1), ended)
      }),
    ))

  test('reasoning ends with what the vendor signed it with', async () => {
    const chunks = await read([
      { type: 'reasoning-start', id: '0' },
      { type: 'reasoning-delta', id: '0', delta: 'Warm.' },
      { type: 'reasoning-delta', id: '0', delta: '', providerMetadata: { google: { thoughtSignature: 'signed' } } },
      { type: 'reasoning-end', id: '0' },
      finish,
    ])
    assert.deepEqual(chunks, [
      { type: 'reasoning-delta', choice: 0, text: 'Warm.' },
      { type: 'reasoning-end', choice: 0, signature: 'signed' },
      ended,
    ])
  })

  test("reasoning that Bedrock's model keeps secret", async () => {
    const hidden: LanguageModelV4StreamPart = {
      type: 'reasoning-delta',
      id: '0',
      delta: '',
      providerMetadata: { amazonBedrock: { redactedData: 'hidden' } },
    }
    const chunks = await read([hidden, { type: 'reasoning-end', id: '0' }, finish], 'bedrock')
    assert.deepEqual(chunks, [{ type: 'reasoning-end', choice: 0, redacted: 'hidden' }, ended])
  })

  test('a tool call is told once, in pieces or as a whole', async () => {
    const whole = { type: 'tool-call', toolCallId: 'a', toolName: 'weather', input: '{}' } as const
    const told = [
      { type: 'tool-call-start', choice: 0, id: 'a', tool: 'weather' },
      { type: 'tool-call-delta', choice: 0, id: 'a', arguments: '{}' },
      ended,
    ]
    assert.deepEqual(await read([whole, finish]), told)
    const pieces: LanguageModelV4StreamPart[] = [
      { type: 'tool-input-start', id: 'a', toolName: 'weather' },
      { type: 'tool-input-delta', id: 'a', delta: '{}' },
      { type: 'tool-input-end', id: 'a' },
    ]
    assert.deepEqual(await read([...pieces, whole, finish]), told)
  })

  test('a tool call begins with what the vendor signed it with', async () => {
    const providerMetadata = { googleVertex: { thoughtSignature: 'signed' } }
    const call = { toolCallId: 'a', toolName: 'weather', input: '{}', providerMetadata }
    const begun = { type: 'tool-call-start', choice: 0, id: 'a', tool: 'weather', signature: 'signed' }
    const [whole] = await read([{ type: 'tool-call', ...call }, finish], 'vertex')
    assert.deepEqual(whole, begun)
    const [pieces] = await read(
      [{ type: 'tool-input-start', id: 'a', toolName: 'weather', providerMetadata }, finish],
      'vertex',
    )
    assert.deepEqual(pieces, begun)
  })
})

describe('a stream of parts breaks off', () => {
  const cases: readonly [string, readonly LanguageModelV4StreamPart[], object][] = [
    ['without an end', [delta('a')], { code: 'upstream_failed' }],
    [
      'where the end was not told by upstream',
      [{ ...finish, finishReason: { unified: 'interrupted', raw: undefined } }],
      { code: 'upstream_failed' },
    ],
    [
      'where the model failed',
      [{ ...finish, finishReason: { unified: 'error', raw: 'MALFORMED_FUNCTION_CALL' } }],
      { code: 'upstream_failed', facts: { reason: 'the model ended with MALFORMED_FUNCTION_CALL' } },
    ],
    [
      'where something was left out of the request',
      [{ type: 'stream-start', warnings: [{ type: 'unsupported', feature: 'stopSequences' }] }],
      { code: 'unsupported', message: '"stop" cannot be passed to google/gemini-2.5-pro' },
    ],
    [
      'where the model answers with a file',
      [{ type: 'file', mediaType: 'image/png', data: { type: 'data', data: '' } }],
      { code: 'upstream_failed' },
    ],
    [
      'at an error, as the package tells it',
      [{ type: 'error', error: new Error('so it said') }],
      { message: 'so it said' },
    ],
    [
      'at an error that the package passes over',
      [{ type: 'raw', rawValue: { error: { message: 'so it said' } } }],
      { error: { message: 'so it said' } },
    ],
  ]
  for (const [title, parts, fault] of cases) test(title, () => assert.rejects(read(parts), fault))
})
