import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ChatMessage, ChatRequest } from '../../../kernel/chat.ts'
import { chatAnswerSchema, chatChunkSchema, chatRequestSchema } from '../../../kernel/chat-schema.ts'
import { compileSchema } from '../../../kernel/schema/validator.ts'
import { arbitraryAnswer, arbitraryChat, arbitraryChunks } from '../../testing/arbitrary-chat.ts'
import { openaiResponses } from '../responses.ts'
import { chunksOf, eventsIn, facts, readAll, streamText } from './testing/events.ts'
import { joinChunks } from './testing/join-chunks.ts'

const { accept, ask } = openaiResponses
const wish = { model: 'gpt-x', stream: false, tellsStreamUsage: true }
const fitsRequest = compileSchema(chatRequestSchema)
const fitsAnswer = compileSchema(chatAnswerSchema)
const fitsChunk = compileSchema(chatChunkSchema)

const chats = arbitraryChat({
  files: true,
  imageDetail: true,
  toolImages: true,
  logprobs: true,
  effort: true,
  plainJson: true,
  schemaNames: true,
  strictTools: true,
})
const said = { reasoningParts: true, signatures: true, logprobs: true }

test('a chat written as a request and read again is the same, with the defaults of the protocol spelt out', () => {
  fc.assert(
    fc.property(chats, (chat) => {
      const body = overTheWire(ask.writeRequest([chat], wish))
      assert.deepEqual(accept.check(body), { items: 1, stream: false })
      const [again] = accept.readRequest(body)
      assert.deepEqual(overTheWire(again), withDefaults(overTheWire(chat)))
      assert.equal(fitsRequest(again, ''), undefined)
    }),
  )
})

test('an answer written and read again is the same', () => {
  fc.assert(
    fc.property(arbitraryAnswer(said), (answer) => {
      const body = overTheWire(accept.writeAnswer([answer], facts))
      const { items, usage } = ask.readAnswer(body)
      assert.deepEqual(items, [{ output: overTheWire(answer) }])
      assert.equal(fitsAnswer(answer, ''), undefined)
      assert.deepEqual(usage, { ...facts.usage, cacheWriteInputTokens: 0 })
    }),
  )
})

test('a stream written and read again says the same, and its last event holds the answer as a whole one is written', () => {
  fc.assert(
    fc.property(arbitraryChunks(said), (chunks) => {
      const events = eventsIn(streamText(chunks))
      const read = readAll(events)
      const answer = joinChunks(overTheWire(chunks))
      assert.deepEqual(joinChunks(chunksOf(read)), answer)
      for (const chunk of chunksOf(read)) assert.equal(fitsChunk(chunk, ''), undefined)
      assert.equal(read.at(-1)?.kind, 'end')
      assert.deepEqual(read.at(-1)?.usage, { ...facts.usage, cacheWriteInputTokens: 0 })
      const last = JSON.parse(events.at(-1)?.data ?? '')
      assert.deepEqual(last.response, overTheWire(accept.writeAnswer([answer], facts)))
    }),
  )
})

test('every event of a stream is named twice and numbered without a gap', () => {
  fc.assert(
    fc.property(arbitraryChunks(said), (chunks) => {
      for (const [at, { event, data }] of eventsIn(streamText(chunks)).entries()) {
        const { type, sequence_number } = JSON.parse(data)
        assert.deepEqual([type, sequence_number], [event, at])
      }
    }),
  )
})

test('nothing counts as content before the answer begins, and everything after that does', () => {
  fc.assert(
    fc.property(arbitraryChunks(said), (chunks) => {
      const kinds = readAll(eventsIn(streamText(chunks))).map(({ kind }) => kind)
      const began = kinds.indexOf('content')
      assert.deepEqual(new Set(kinds.slice(0, began)), new Set(['preamble']))
      assert.deepEqual(new Set(kinds.slice(began, -1)), new Set(['content']))
    }),
  )
})

/** As JSON has it; fast-check makes objects without a prototype as well. */
function overTheWire<T>(value: T): T {
  return JSON.parse(JSON.stringify(value))
}

function withDefaults(chat: ChatRequest): ChatRequest {
  const { tools, responseFormat, messages } = chat
  const named = responseFormat?.type === 'json' && responseFormat.schema && { name: 'answer', ...responseFormat }
  return {
    ...chat,
    messages: messages.map(withImageDetail),
    ...(tools ? { tools: tools.map((tool) => ({ strict: false, ...tool })) } : {}),
    ...(named ? { responseFormat: named } : {}),
  }
}

function withImageDetail(message: ChatMessage): ChatMessage {
  return JSON.parse(JSON.stringify(message), (_, value) =>
    value?.type === 'image' ? { detail: 'auto', ...value } : value,
  )
}
