import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { dialects } from '../../../dialects/dialects.ts'
import type { Dialect } from '../../../kernel/wire.ts'
import { anthropicEmit } from '../../emit/anthropic/anthropic-emit.ts'
import { openaiEmit } from '../../emit/openai/openai-emit.ts'
import { openWireBed, wholeAnswer } from './testing/wire-bed.ts'

/** Names and words that lead deep into the codecs. */
const names = [
  'messages',
  'input',
  'prompt',
  'system',
  'instructions',
  'role',
  'content',
  'type',
  'text',
  'image_url',
  'source',
  'data',
  'tools',
  'function',
  'name',
  'parameters',
  'input_schema',
  'tool_choice',
  'tool_calls',
  'id',
  'arguments',
  'call_id',
  'response_format',
  'json_schema',
  'output_config',
  'thinking',
  'reasoning',
  'max_tokens',
  'stop',
  'n',
  'metadata',
  'user',
]
const words = [
  'user',
  'assistant',
  'tool',
  'system',
  'text',
  'image',
  'image_url',
  'function',
  'tool_use',
  'tool_result',
]
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.constantFrom<unknown>(null, true, 0, 1, -1.5, '', 'data:image/png;base64,AA==', ...words),
    fc.string(),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...names), tie('value'), { maxKeys: 5 }),
  ),
}))
const part = fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 4 })
/** Nearly in form, so that more than the first look at it is tried. */
const turn = fc
  .tuple(
    fc.constantFrom('user', 'assistant', 'tool', 'system'),
    fc.oneof(fc.string(), fc.array(part, { maxLength: 3 })),
    part,
  )
  .map(([role, content, more]) => ({ ...more, role, content }))
const turns = fc.array(turn, { minLength: 1, maxLength: 3 })
const more = fc.oneof(fc.constant({}), fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 2 }))
/** The one field that every request of the protocol has, and what may stand in it. */
const bodies: Readonly<Record<Dialect, readonly [prefix: string, field: string, holds: fc.Arbitrary<unknown>]>> = {
  'openai-chat': ['/openai', 'messages', turns],
  'openai-responses': ['/openai', 'input', fc.oneof(fc.string(), turns)],
  'openai-completions': ['/openai', 'prompt', fc.oneof(fc.string(), value)],
  'openai-embeddings': ['/openai', 'input', fc.oneof(fc.string(), value)],
  'openai-moderations': ['/openai', 'input', fc.oneof(fc.string(), value)],
  'anthropic-messages': ['/anthropic', 'messages', turns],
  'anthropic-count-tokens': ['/anthropic', 'messages', turns],
}

for (const { name, task, path } of Object.values(dialects)) {
  const [prefix, field, holds] = bodies[name]
  const limit = name === 'anthropic-messages' ? { max_tokens: 5 } : {}
  test(`${name}: whatever a body holds, it is answered or refused, and never a fault of ours`, async () => {
    const { send } = openWireBed(
      { openai: openaiEmit, anthropic: anthropicEmit },
      {
        codecs: dialects,
        contract: { task },
        serve(call) {
          call.wire?.canonical()
          return wholeAnswer(call, { relayed: Buffer.from('{}') })
        },
      },
    )
    const statuses = new Set<number>()
    await fc.assert(
      fc.asyncProperty(holds, more, async (held, rest) => {
        const { status, text } = await send(prefix + path, {
          ...limit,
          ...rest,
          [field]: held,
          model: 'spam',
        })
        statuses.add(status)
        assert.ok([200, 400].includes(status), text)
      }),
      // Of conversations made up one in thirty is answered: the first shall be.
      { numRuns: 300, examples: [[field === 'messages' ? [{ role: 'user', content: 'hello' }] : 'hello', {}]] },
    )
    assert.ok(statuses.has(200) && statuses.has(400), [...statuses].join())
  })
}
