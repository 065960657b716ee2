import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { TaskName } from '../../../kernel/tasks.ts'
import { wordsOf } from './words-of.ts'

const text = (text: string) => ({ type: 'text', text })
const user = (...content: readonly object[]) => ({ role: 'user', content })

const table: Readonly<Record<string, readonly [task: TaskName, value: unknown, words: string]>> = {
  'a text as it is': ['custom', 'a "b"', 'a "b"'],
  'an object in one order': [
    'custom',
    { b: 1, a: { d: [2, { f: 1, e: null }], c: 'x' } },
    '{"a":{"c":"x","d":[2,{"e":null,"f":1}]},"b":1}',
  ],
  'a number': ['regression', 1.5, '1.5'],
  'a chat with who said what': [
    'chat',
    { messages: [{ role: 'system', content: [text('Be brief.')] }, user(text('Hi '), text('there'))], temperature: 1 },
    'system: Be brief.\n\nuser: Hi there',
  ],
  'pictures by their kind, tools by what they found': [
    'chat',
    {
      messages: [
        user({ type: 'image', source: { url: 'http://a' } }, text('?')),
        { role: 'assistant', content: [{ type: 'tool-call', id: '1', tool: 'find', arguments: '{"q":1}' }] },
        { role: 'tool', content: [{ type: 'tool-result', id: '1', content: [text('42')] }] },
      ],
    },
    'user: [image]?\n\nassistant: {"q":1}\n\ntool: 42',
  ],
  'an answer as its stream tells it': [
    'chat',
    { choices: [{ content: [{ type: 'reasoning', text: 'Hm. ' }, text('Yes')], finishReason: 'stop' }] },
    'Hm. Yes',
  ],
  'several answers': ['chat', { choices: [{ content: [text('a')] }, { content: [text('b')] }] }, 'a\n\nb'],
  'what is no chat, as JSON': ['chat', { text: 'x' }, '{"text":"x"}'],
  'a prompt': ['completion', { prompt: 'Once', temperature: 0 }, 'Once'],
  'what goes on from it': ['completion', { text: ' upon', finishReason: 'stop' }, ' upon'],
}

describe('what a judge reads', () => {
  for (const [name, [task, value, words]] of Object.entries(table)) {
    it(name, () => assert.equal(wordsOf(value, task), words))
  }

  it('is the same whatever the order of keys, and tells values apart', () => {
    const turned = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(turned)
      if (typeof value !== 'object' || value === null) return value
      return Object.fromEntries(
        Object.entries(value)
          .toReversed()
          .map(([key, field]) => [key, turned(field)]),
      )
    }
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const words = wordsOf({ value }, 'custom')
        assert.equal(wordsOf(turned({ value }), 'custom'), words)
        assert.deepEqual(JSON.parse(words), JSON.parse(JSON.stringify({ value })))
      }),
    )
  })
})
