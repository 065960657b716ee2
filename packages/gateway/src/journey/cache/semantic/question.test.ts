import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Call } from '../../../kernel/call.ts'
import type { Caller } from '../../../kernel/caller.ts'
import type { TaskName } from '../../../kernel/tasks.ts'
import type { Dialect } from '../../../kernel/wire.ts'
import { permit } from '../../admit/permit.ts'
import { assign } from '../../assign/assign.ts'
import { fitInputs } from '../../assign/fit-inputs.ts'
import { testCall, testCaller, testCatalog } from '../../testing/fixtures.ts'
import { policy } from '../testing/answers.ts'
import { cutText, questionOf } from './question.ts'

const anything = { type: 'object' } as const

function asked(
  call: Partial<Call>,
  { task = 'custom' as TaskName, relays = false, caller = {} as Partial<Caller> } = {},
) {
  const contract = { task, streams: true, revisions: [{ input: anything, output: anything, chunk: anything }] }
  const catalog = testCatalog({ '1.0': 1, '1.1': 0 }, { contract })
  const fitted = fitInputs(assign(permit(testCall(call), { ...testCaller(), ...caller }, catalog)), () => relays)
  return questionOf(fitted, policy)
}

const wired = (body: Readonly<Record<string, unknown>>, dialect: Dialect): Partial<Call> => ({
  inputs: [],
  wire: { dialect, body, bytes: Buffer.from(JSON.stringify(body)), items: 1, canonical: () => [{}] },
})
const relayed = (dialect: Dialect, body: Readonly<Record<string, unknown>>) =>
  asked(wired(body, dialect), { relays: true })?.text

const user = (content: unknown) => ({ role: 'user', content })
const words = (text: unknown, type = 'text') => ({ type, text })

describe('the text whose meaning is compared', () => {
  it('is the last message of the user, the prompt or the field "text"', () => {
    const messages = [user([words('first')]), { role: 'assistant', content: [words('no')] }, user([words('last')])]
    assert.equal(asked({ inputs: [{ messages }] }, { task: 'chat' })?.text, 'last')
    assert.equal(asked({ inputs: [{ prompt: 'once' }] }, { task: 'completion' })?.text, 'once')
    assert.equal(asked({ inputs: [{ text: 'hello', n: 1 }] })?.text, 'hello')
  })

  it("stands in a vendor's own words as well", () => {
    const image = { type: 'image_url', image_url: { url: 'data:' } }
    for (const [dialect, body, text] of [
      ['openai-chat', { messages: [user('a'), user('b')] }, 'b'],
      ['openai-chat', { messages: [user([words('a'), words('b'), image])] }, 'b'],
      ['openai-responses', { input: 'a' }, 'a'],
      ['openai-responses', { input: [user([words('a', 'input_text')])] }, 'a'],
      ['openai-completions', { prompt: 'a' }, 'a'],
      ['anthropic-messages', { messages: [user([words('a')])], system: 's' }, 'a'],
    ] as const) {
      assert.equal(relayed(dialect, body), text, JSON.stringify(body))
    }
  })

  it('is none where there is no text, no single one, or one too long to be read whole', () => {
    for (const body of [{ messages: [user([{ type: 'image_url' }])] }, { messages: [] }, { messages: [user(7)] }, {}]) {
      assert.equal(relayed('openai-chat', body), undefined, JSON.stringify(body))
    }
    assert.equal(relayed('openai-completions', { prompt: ['a', 'b'] }), undefined)
    assert.equal(relayed('openai-embeddings', { input: 'a' }), undefined)
    assert.equal(asked({ inputs: [{ text: 'a' }], batch: true }), undefined)
    for (const text of ['', ' \n', 'x'.repeat(8001), 7]) assert.equal(asked({ inputs: [{ text }] }), undefined)
  })
})

describe('the family of a call', () => {
  const chats = fc.record({
    consumer: fc.constantFrom('a', 'b'),
    version: fc.constantFrom('1.0', '1.1'),
    stream: fc.boolean(),
    temperature: fc.constantFrom(undefined, 0, 1),
    tools: fc.constantFrom(undefined, [{ name: 't' }]),
    before: fc.constantFrom<unknown>(undefined, null, 'x', 'y'),
    image: fc.constantFrom(undefined, 'one', 'two'),
    after: fc.constantFrom(undefined, 'x', 'y'),
    text: fc.constantFrom('x', 'y', 'z'),
  })
  type Chat = typeof chats extends fc.Arbitrary<infer T> ? T : never

  const questionIn = (chat: Chat, relays: boolean) => {
    const { consumer, version, stream, temperature, tools, before, image, after, text } = chat
    const parts = [...(before === undefined ? [] : [words(before)]), ...(image ? [{ type: 'image', image }] : [])]
    const messages = [user([...parts, words(text)]), ...(after ? [{ role: 'assistant', content: after }] : [])]
    const body = { messages, temperature, tools }
    const call = relays ? wired(body, 'openai-chat') : { inputs: [body] }
    return asked({ ...call, stream, options: { version } }, { task: 'chat', relays, caller: { consumer } })
  }

  it('is the same exactly where all but the text is: scope, version, form, parameters, tools, images, other messages', () => {
    fc.assert(
      fc.property(chats, chats, fc.boolean(), (one, other, relays) => {
        const [a, b] = [questionIn(one, relays), questionIn(other, relays)]
        assert.equal(a?.text, one.text)
        const rest = ({ text: _, ...rest }: Chat) => JSON.stringify(rest)
        assert.equal(a?.family === b?.family, rest(one) === rest(other))
      }),
      { numRuns: 500 },
    )
    fc.assert(
      fc.property(chats, fc.constantFrom('x', 'y'), (chat, text) => {
        assert.equal(questionIn(chat, true)?.family, questionIn({ ...chat, text }, true)?.family)
      }),
    )
  })

  it('tells where the text stood, whatever else is there', () => {
    const pieces = fc.oneof(
      fc.constantFrom(user('x'), user(null), user([words('x')]), user([words(null)]), user([words('x'), words('y')])),
      fc.constant({ role: 'assistant', content: 'x' }),
    )
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 4 }), fc.array(pieces, { maxLength: 4 }), (one, other) => {
        const [a, b] = [cutText({ messages: one }, 'messages'), cutText({ messages: other }, 'messages')]
        if (!a || !b || JSON.stringify(a.rest) !== JSON.stringify(b.rest)) return
        assert.equal(JSON.stringify(one) === JSON.stringify(other), a.text === b.text)
      }),
      { numRuns: 1000 },
    )
  })
})
