import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { dialects } from '../../../dialects/dialects.ts'
import type { StreamEvent } from '../../../kernel/answer.ts'
import type { ChatAnswer, ChatChunk } from '../../../kernel/chat.ts'
import { AstraError } from '../../../kernel/errors.ts'
import type { TaskName } from '../../../kernel/tasks.ts'
import { anthropicEmit } from '../../emit/anthropic/anthropic-emit.ts'
import { openaiEmit } from '../../emit/openai/openai-emit.ts'
import { openWireBed, streamAnswer, wholeAnswer } from './testing/wire-bed.ts'

// The doors with the codecs that they have in the gateway: what each protocol says is tested with its codec.

const messages = [{ role: 'user', content: 'hi' }]
const said: ChatAnswer = { choices: [{ content: [{ type: 'text', text: 'hello' }], finishReason: 'stop' }] }
const chatChunks: readonly ChatChunk[] = [
  { type: 'text-delta', choice: 0, text: 'hello' },
  { type: 'choice-end', choice: 0, finishReason: 'stop' },
]
const completion = { text: 'hello', finishReason: 'stop' }
const judged = { flagged: true, categories: { hate: true }, scores: { hate: 0.75 } }

const protocols: readonly {
  readonly path: string
  readonly task: TaskName
  readonly body: object
  readonly output: unknown
  /** In the answer's text. */
  readonly tells: RegExp
  readonly chunks?: readonly unknown[]
  /** At the end of a stream, and of one that broke off. */
  readonly ends?: readonly [RegExp, RegExp]
}[] = [
  {
    path: '/openai/chat/completions',
    task: 'chat',
    body: { messages },
    output: said,
    tells: /"content":"hello"/,
    chunks: chatChunks,
    ends: [/"finish_reason":"stop".*data: \[DONE\]\n\n$/s, /data: \{"error":\{.*\}\}\n\n$/],
  },
  {
    path: '/openai/responses',
    task: 'chat',
    body: { input: 'hi' },
    output: said,
    tells: /"text":"hello"/,
    chunks: chatChunks,
    ends: [/event: response\.completed\ndata: .*\n\n$/, /"sequence_number":(?!0\b)\d+\}\n\n$/],
  },
  {
    path: '/openai/completions',
    task: 'completion',
    body: { prompt: 'hi' },
    output: completion,
    tells: /"text":"hello"/,
    chunks: [completion],
    ends: [/data: \[DONE\]\n\n$/, /data: \{"error":\{.*\}\}\n\n$/],
  },
  { path: '/openai/embeddings', task: 'embedding', body: { input: 'hi' }, output: { embedding: [1] }, tells: /\[1\]/ },
  { path: '/openai/moderations', task: 'moderation', body: { input: 'hi' }, output: judged, tells: /"hate":0\.75/ },
  {
    path: '/anthropic/messages',
    task: 'chat',
    body: { messages, max_tokens: 5 },
    output: said,
    tells: /"type":"text","text":"hello"/,
    chunks: chatChunks,
    ends: [/event: message_stop\ndata: .*\n\n$/, /event: error\ndata: \{"type":"error",.*\}\n\n$/],
  },
  {
    path: '/anthropic/messages/count_tokens',
    task: 'chat',
    body: { messages },
    output: { inputTokens: 9 },
    tells: /^\{"input_tokens":9\}$/,
  },
]

for (const { path, task, body, output, tells, chunks, ends } of protocols) {
  const bed = (events?: () => AsyncIterable<StreamEvent>) =>
    openWireBed(
      { openai: openaiEmit, anthropic: anthropicEmit },
      {
        codecs: dialects,
        contract: { task },
        serve(call) {
          if (events) return streamAnswer(call, events())
          const answer = wholeAnswer(call, { items: [{ output }] })
          call.tell?.(answer)
          return answer
        },
      },
    )

  describe(`POST ${path}`, () => {
    it('answers in its words', async () => {
      const { calls, send } = bed()
      const { status, text } = await send(path, { model: 'spam', ...body })
      assert.equal(status, 200, text)
      assert.match(text, tells)
      if (!path.endsWith('count_tokens')) assert.equal(calls[0]?.wire?.canonical().length, 1)
    })

    it('refuses a request that is none, in its shape', async () => {
      const { refused, send } = bed()
      const { status, json } = await send(path, { model: 'spam' })
      assert.deepEqual([status, json().error.type, refused.length], [400, 'invalid_request_error', 1])
    })

    if (chunks && ends) {
      const pieces = chunks.map((chunk): StreamEvent => ({ type: 'chunk', chunk }))
      const streamed = (...last: readonly StreamEvent[]) =>
        bed(async function* () {
          yield* last.length > 0 ? pieces : pieces.slice(0, 1)
          yield* last
          if (last.length === 0) throw new AstraError('upstream_failed')
        }).send(path, { model: 'spam', stream: true, ...body })

      it('streams to its terminal event', async () => {
        const { text } = await streamed({ type: 'answer-end', usage: { items: 1, outputTokens: 1 } })
        assert.match(text, /hello/)
        assert.match(text, ends[0])
        assert.doesNotMatch(text, /error"?[:\n]\s*\{/)
      })

      it('ends a stream that broke off with its error, and without its terminal event', async () => {
        const { text } = await streamed()
        assert.match(text, /hello/)
        assert.match(text, ends[1])
        assert.doesNotMatch(text, ends[0])
      })
    }
  })
}
