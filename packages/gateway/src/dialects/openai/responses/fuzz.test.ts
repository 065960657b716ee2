import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AstraError } from '../../../kernel/errors.ts'
import type { JsonObject } from '../../dialect.ts'
import { openaiEmbeddings } from '../embeddings.ts'
import { openaiModerations } from '../moderations.ts'
import { openaiResponses } from '../responses.ts'

/** Bodies of the protocol's own words in places where they don't belong: whatever comes of them, nothing but a refusal is thrown. */
const words = [
  ...['message', 'function', 'function_call', 'function_call_output', 'reasoning', 'input_text', 'input_image', 'user'],
  ...['assistant', 'output_text', 'refusal', 'text', 'json_schema', 'data:image/png;base64,AAAA', 'completed', 'error'],
]
const names = [
  ...['input', 'type', 'role', 'content', 'text', 'call_id', 'name', 'arguments', 'output', 'summary', 'item', 'delta'],
  ...['encrypted_content', 'image_url', 'file_data', 'detail', 'tools', 'tool_choice', 'format', 'schema', 'include'],
  ...['reasoning', 'usage', 'input_tokens', 'output_index', 'response', 'error', 'code', 'status', 'logprobs', 'data'],
  ...['embedding', 'results', 'flagged', 'categories', 'toString', '__proto__', 'constructor'],
]
const { value } = fc.letrec<{ value: unknown; object: JsonObject }>((tie) => ({
  object: fc.dictionary(fc.constantFrom(...names), tie('value'), { maxKeys: 6, noNullPrototype: true }),
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(...words, null, 0, -1, true),
    tie('object'),
    fc.array(tie('value'), { maxLength: 3 }),
  ),
}))
const bodies = fc.dictionary(fc.constantFrom(...names), value, { noNullPrototype: true })

for (const { name, accept, ask } of [openaiResponses, openaiEmbeddings, openaiModerations]) {
  test(`${name}: a request or an answer that makes no sense is refused, and breaks nothing`, () => {
    fc.assert(
      fc.property(bodies, (body) => {
        refusedAtMost(() => {
          accept.check(body)
          accept.readRequest(body)
        })
        refusedAtMost(() => ask.readAnswer(body))
        refusedAtMost(() => ask.lookAtAnswer(body))
      }),
      { numRuns: 500 },
    )
  })
}

test('openai-responses: events that make no sense are refused, and break nothing', () => {
  const types = ['output_item.added', 'output_item.done', 'output_text.delta', 'refusal.delta', 'completed', 'failed']
  const events = fc.tuple(fc.constantFrom(...types, 'function_call_arguments.delta'), bodies)
  fc.assert(
    fc.property(fc.array(events, { minLength: 1 }), (told) => {
      const reader = openaiResponses.ask.readStream?.({ hidesUsage: false })
      assert.ok(reader)
      refusedAtMost(() => {
        for (const [type, body] of told) {
          const data = JSON.stringify({ ...body, type: `response.${type}` })
          reader.read({ event: '', data }).chunks()
        }
        reader.end()
      })
    }),
    { numRuns: 500 },
  )
})

function refusedAtMost(act: () => unknown): void {
  try {
    act()
  } catch (thrown) {
    if (!(thrown instanceof AstraError)) throw thrown
  }
}
