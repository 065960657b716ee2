import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ChatAnswer, ChatChunk, ChatRequest } from '../../../kernel/chat.ts'
import { chatAnswerSchema, chatChunkSchema, chatRequestSchema } from '../../../kernel/chat-schema.ts'
import { compileSchema } from '../../../kernel/schema/validator.ts'
import type { JsonObject } from '../../dialect.ts'
import { arbitraryAnswer, arbitraryChat, arbitraryChunks, type ChatFeatures } from '../../testing/arbitrary-chat.ts'
import { openaiChat } from '../chat.ts'
import { eventsIn } from './testing/events.ts'

const { accept, ask } = openaiChat
const features: ChatFeatures = {
  audio: true,
  files: true,
  imageDetail: true,
  penalties: true,
  alternatives: true,
  logprobs: true,
  effort: true,
  stop: true,
  plainJson: true,
  schemaNames: true,
  strictTools: true,
  callSignatures: true,
}
const wish = { model: 'gemini-up', stream: false, tellsStreamUsage: false }
const facts = { callId: 'c1', model: 'm', created: 1, request: {} }
const fitsRequest = compileSchema(chatRequestSchema)
const fitsAnswer = compileSchema(chatAnswerSchema)
const fitsChunk = compileSchema(chatChunkSchema)

/** As it is after a journey over the wire. */
function sent(body: JsonObject): JsonObject {
  return JSON.parse(JSON.stringify(body))
}

/** Without a name the schema is sent under one. */
function named(chat: ChatRequest): ChatRequest {
  const { responseFormat } = chat
  if (responseFormat?.type !== 'json' || responseFormat.schema === undefined) return chat
  return { ...chat, responseFormat: { name: 'answer', ...responseFormat } }
}

test('property: a canonical chat is the same after the wire, and fits the contract', () => {
  fc.assert(
    fc.property(arbitraryChat(features), (chat) => {
      const [read] = accept.readRequest(sent(ask.writeRequest([chat], wish)))
      assert.deepEqual(read, named(chat))
      assert.equal(fitsRequest(read, ''), undefined)
    }),
  )
})

test('property: a canonical answer is the same after the wire, its alternatives and log-probabilities too', () => {
  fc.assert(
    fc.property(arbitraryAnswer({ ...features, reasoningParts: true, textPartsMax: 1 }), (answer) => {
      const usage = {
        inputTokens: 12,
        cachedInputTokens: 4,
        cacheWriteInputTokens: 2,
        outputTokens: 7,
        reasoningTokens: 3,
      }
      const body = sent(accept.writeAnswer([answer], { ...facts, usage }))
      assert.deepEqual(ask.readAnswer(body), { items: [{ output: answer }], usage })
      assert.equal(fitsAnswer(answer, ''), undefined)
    }),
  )
})

test('property: canonical chunks are the same after the wire, each choice joined', () => {
  fc.assert(
    fc.property(arbitraryChunks({ ...features, reasoningParts: true, textPartsMax: 1 }), (chunks) => {
      const usage = { inputTokens: 3, outputTokens: 4 }
      const writer = accept.writeStream?.({ ...facts, request: { stream_options: { include_usage: true } } })
      const reader = ask.readStream?.({ hidesUsage: false })
      assert.ok(writer && reader)
      const events = eventsIn([writer.start(), ...chunks.map(writer.chunk), writer.end(usage)].join(''))
      const read = events.map((event) => {
        const told = reader.read(event)
        return { ...told, chunks: told.chunks() }
      })
      const all = read.flatMap((told) => told.chunks)
      for (const chunk of all) assert.equal(fitsChunk(chunk, ''), undefined)
      assert.deepEqual(joined(all as ChatChunk[]), joined(chunks))
      assert.equal(read.map(({ text }) => text).join(''), chunks.map(saidIn).join(''))
      assert.equal(read.at(-1)?.kind, 'end')
      assert.deepEqual(read.at(-2)?.usage, usage)
      assert.equal(reader.end(), '')
    }),
  )
})

function saidIn(chunk: ChatChunk): string {
  if (chunk.type === 'tool-call-delta') return chunk.arguments
  return chunk.type === 'text-delta' || chunk.type === 'reasoning-delta' ? chunk.text : ''
}

/** What a stream says in all. */
function joined(chunks: readonly ChatChunk[]): unknown {
  const said = new Map<string, string>()
  const rest: unknown[] = []
  for (const chunk of chunks) {
    const key = `${chunk.choice} ${chunk.type} ${'id' in chunk ? chunk.id : ''}`
    said.set(key, (said.get(key) ?? '') + saidIn(chunk))
    if (saidIn(chunk) === '') rest.push(chunk)
    if (chunk.type === 'text-delta' && chunk.logprobs) rest.push(chunk.logprobs)
  }
  return { said: [...said], rest }
}

test('property: whatever is cut from a request, reading it gives a canonical chat or names what is wrong', () => {
  const bodies = arbitraryChat(features).map((chat) => JSON.stringify(ask.writeRequest([chat], wish)))
  const values = fc.constantFrom('null', '1', '"x"', '[]', '{}', 'true', '1e99')
  fc.assert(
    fc.property(bodies, fc.nat(), values, (json, place, value) => {
      const body = replaced(json, place, value)
      let read: readonly unknown[] = []
      try {
        read = accept.readRequest(body)
      } catch (error) {
        assert.match(String((error as { code?: unknown }).code), /^(invalid_input|unsupported)$/)
      }
      for (const chat of read)
        if ((chat as ChatRequest).messages.length > 0) assert.equal(fitsRequest(chat, ''), undefined)
    }),
    { numRuns: 500 },
  )
})

/** One value somewhere in the text, exchanged for another. */
function replaced(json: string, place: number, value: string): JsonObject {
  let count = 0
  const total = json.match(/:/g)?.length ?? 1
  const body = JSON.parse(json, (key, held) => {
    if (key === '') return held
    count += 1
    return count === (place % total) + 1 ? JSON.parse(value) : held
  })
  return body
}

test('an answer without anything said is one without parts', () => {
  const answer: ChatAnswer = { choices: [{ content: [], finishReason: 'length' }] }
  const body = sent(accept.writeAnswer([answer], { ...facts, usage: {} }))
  assert.deepEqual(ask.readAnswer(body), { items: [{ output: answer }] })
})
