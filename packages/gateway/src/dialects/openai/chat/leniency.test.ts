import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { chatAnswerSchema, chatChunkSchema } from '../../../kernel/chat-schema.ts'
import { AstraError } from '../../../kernel/errors.ts'
import { compileSchema } from '../../../kernel/schema/validator.ts'
import { openaiChat } from '../chat.ts'
import { openaiCompletions } from '../completions.ts'

/** Whatever an upstream says, it is understood or an error of the table: a stranger's fault would be told as the gateway's own. */

const fitsAnswer = compileSchema(chatAnswerSchema)
const fitsChunk = compileSchema(chatChunkSchema)
const anything = fc.jsonValue({ maxDepth: 2 })
const words = fc.constantFrom('stop', '', 'tool_calls', 'length', 'error', null, 'eos')
const named = fc.record({ name: fc.oneof(fc.constant('look'), anything), arguments: anything }, { requiredKeys: [] })
const call = fc.record(
  { index: fc.oneof(fc.nat(2), anything), id: fc.oneof(fc.string(), anything), function: named },
  { requiredKeys: [] },
)
const said = fc.record(
  {
    role: fc.constant('assistant'),
    content: fc.oneof(fc.string(), anything),
    refusal: fc.oneof(fc.constant(null), anything),
    reasoning: anything,
    reasoning_content: anything,
    tool_calls: fc.oneof(fc.array(call, { maxLength: 3 }), anything),
  },
  { requiredKeys: [] },
)
const token = fc.record({ token: fc.oneof(fc.string(), anything), logprob: fc.constant(-1), top_logprobs: anything })
const choice = fc.record(
  {
    index: fc.oneof(fc.nat(3), anything),
    text: anything,
    message: fc.oneof(said, anything),
    delta: fc.oneof(said, anything),
    finish_reason: words,
    logprobs: fc.oneof(fc.constant(null), fc.record({ content: fc.array(token, { maxLength: 2 }) })),
  },
  { requiredKeys: [] },
)
const body = fc.record(
  {
    choices: fc.oneof({ weight: 5, arbitrary: fc.array(choice, { maxLength: 2 }) }, { weight: 1, arbitrary: anything }),
    usage: fc.oneof(
      fc.record({ prompt_tokens: anything, completion_tokens: fc.nat(9), prompt_tokens_details: anything }),
      anything,
    ),
    error: fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: anything }),
  },
  { requiredKeys: [] },
)

function understood<Result>(run: () => Result): Result | undefined {
  try {
    return run()
  } catch (error) {
    assert.ok(error instanceof AstraError, String(error))
    return undefined
  }
}

test('property: any answer is read in canonical form, or is an error of the table', () => {
  fc.assert(
    fc.property(body, (answer) => {
      const sent = JSON.parse(JSON.stringify(answer))
      for (const { ask } of [openaiChat, openaiCompletions]) {
        const looked = understood(() => ask.lookAtAnswer(sent))
        assert.equal(typeof (looked?.text ?? ''), 'string')
        const read = understood(() => ask.readAnswer(sent))
        for (const item of read?.items ?? []) {
          assert.ok('output' in item)
          if (ask === openaiChat.ask) assert.equal(fitsAnswer(item.output, ''), undefined)
        }
      }
    }),
    { numRuns: 500 },
  )
})

test('property: any stream is read in canonical chunks, or is an error of the table', () => {
  fc.assert(
    fc.property(fc.array(body, { maxLength: 5 }), fc.boolean(), (bodies, hidesUsage) => {
      for (const { ask } of [openaiChat, openaiCompletions]) {
        const reader = ask.readStream?.({ hidesUsage })
        for (const event of bodies) {
          const told = understood(() => reader?.read({ event: '', data: JSON.stringify(event) }))
          if (told === undefined) break
          const chunks = understood(told.chunks)
          if (chunks === undefined) break
          assert.ok(told.kind === 'content' || (chunks.length === 0 && told.text === ''))
          if (ask === openaiChat.ask) for (const chunk of chunks) assert.equal(fitsChunk(chunk, ''), undefined)
        }
        understood(() => reader?.end())
      }
    }),
    { numRuns: 500 },
  )
})
