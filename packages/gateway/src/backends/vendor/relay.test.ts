import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import type { TokenUsage } from '../../kernel/answer.ts'
import type { RelayEvent } from '../../kernel/backend.ts'
import { AstraError, type ErrorCode, publicError } from '../../kernel/errors.ts'
import type { Dialect } from '../../kernel/wire.ts'
import { context } from '../testing/asking.ts'
import { type FaultName, privateWords, refusalWords } from './testing/fake-faults.ts'
import type { Scripted } from './testing/fake-vendor.ts'
import { fakeKey, openVendorBed, wireRequest } from './testing/vendor-harness.ts'

interface Spoken {
  readonly protocol: 'openai' | 'anthropic'
  readonly dialect: Dialect
  readonly path: string
  /** Bytes that no JSON writer would make: they must arrive as they are. */
  body(text: string, stream: boolean): string
}

const odd = '"odd" : 12345678901234567890.10,  "astra_unknown":{"a":[1 ,2]}'
const spoken: readonly Spoken[] = [
  {
    protocol: 'openai',
    dialect: 'openai-chat',
    path: '/chat/completions',
    body: (text, stream) =>
      `{ "model":"support-chat", ${odd},"messages":[{"role":"user","content":${JSON.stringify(text)}}], "stream":${stream},"stream_options":{"include_usage":true} }`,
  },
  {
    protocol: 'openai',
    dialect: 'openai-completions',
    path: '/completions',
    body: (text, stream) =>
      `{"prompt":${JSON.stringify(text)}, ${odd}, "stream":${stream},"stream_options":{"include_usage":true},"model" : "support-chat"}`,
  },
  {
    protocol: 'openai',
    dialect: 'openai-responses',
    path: '/responses',
    body: (text, stream) =>
      `{"model":"support-chat","input":${JSON.stringify(text)},${odd},"stream":${stream}, "store":false}`,
  },
  {
    protocol: 'anthropic',
    dialect: 'anthropic-messages',
    path: '/messages',
    body: (text, stream) =>
      `{"max_tokens":100,"model":"support-chat",${odd},"messages":[{"role":"user","content":${JSON.stringify(text)}}],"stream":${stream}}`,
  },
]

async function open(t: TestContext, { protocol, dialect, path, body }: Spoken) {
  const bed = await openVendorBed(protocol)
  t.after(bed.close)
  const { fake, backend } = bed
  const version = bed.version()
  const { relay } = backend
  assert.ok(relay)
  return {
    fake,
    /** What upstream itself answers. */
    async direct(text: string, stream: boolean): Promise<string> {
      const sent = body(text, stream).replace('support-chat', 'fake-1')
      return (await fetch(fake.url + path, { method: 'POST', body: sent })).text()
    },
    whole: (text: string) => relay.predict(version, fake.url, wireRequest(dialect, body(text, false)), context),
    async stream(text: string, script?: Scripted): Promise<Collected> {
      if (script) fake.script(script)
      return collect(relay.stream(version, fake.url, wireRequest(dialect, body(text, true)), context))
    },
  }
}

interface Collected {
  readonly bytes: string
  readonly text: string
  readonly content: boolean
  readonly usage: TokenUsage | undefined
  readonly error: unknown
}

async function collect(events: AsyncIterable<RelayEvent>): Promise<Collected> {
  const bytes: Buffer[] = []
  let text = ''
  let content = false
  let usage: TokenUsage | undefined
  let error: unknown
  try {
    for await (const event of events) {
      if (event.type === 'usage') usage = event.usage
      else if (event.type === 'relayed') {
        assert.ok(event.content || !content, 'no preamble after content')
        content ||= event.content
        text += event.text
        bytes.push(event.bytes)
      }
    }
  } catch (thrown) {
    error = thrown
  }
  return { bytes: Buffer.concat(bytes).toString(), text, content, usage, error }
}

const text = 'Grüße aus Köln 🙂, one two'

for (const speech of spoken) {
  const { dialect, body } = speech
  describe(`relay ${dialect}`, () => {
    test('a request goes out in its own bytes but for the model, and the answer comes back in its own', async (t) => {
      const { fake, whole, direct } = await open(t, speech)
      const { bytes, usage, text: said } = await whole(text)
      const changed = body(text, false).replace('support-chat', 'fake-1')
      assert.equal(fake.requests[0]?.bytes.toString(), changed)
      assert.equal(bytes.toString(), await direct(text, false))
      assert.equal(said, text)
      assert.ok(usage?.inputTokens && usage.outputTokens)
    })

    const cuttings: readonly (readonly [string, Scripted?])[] = [
      ['in one piece'],
      ['byte by byte', { bytes: 1 }],
      ['in pieces of 7 bytes', { bytes: 7 }],
      ['with comments in between', 'comments'],
      // The terminal event of responses holds the answer itself: nobody else can make it.
      ...(dialect === 'openai-responses' ? [] : ([['without its terminal event', 'unended']] as const)),
    ]
    for (const [what, script] of cuttings) {
      test(`a stream that comes ${what} goes on in its own bytes, whole`, async (t) => {
        const { fake, stream, direct } = await open(t, speech)
        const { bytes, usage, text: said, content, error } = await stream(text, script)
        assert.equal(error, undefined)
        assert.equal(fake.requests[0]?.bytes.toString(), body(text, true).replace('support-chat', 'fake-1'))
        assert.equal(bytes, await direct(text, true))
        assert.deepEqual([said, content], [text, true])
        assert.ok(usage?.inputTokens && usage.outputTokens)
      })
    }

    test('a word of 1 MB', async (t) => {
      const { stream } = await open(t, speech)
      const { text: said, error } = await stream('ä'.repeat(1 << 19))
      assert.equal(error, undefined)
      assert.equal(said.length, 1 << 19)
    })

    /** Before content, and after it. */
    const failing: readonly (readonly [FaultName, ErrorCode, content?: true])[] = [
      ['refused', 'invalid_input'],
      ['busy', 'upstream_unavailable'],
      ['failed', 'upstream_failed'],
      ['page', 'upstream_failed'],
      ['missing', 'upstream_failed'],
      ['unauthorised', 'upstream_failed'],
      ['reset', 'upstream_failed'],
      ['errorBody', 'upstream_failed'],
      ['whole', 'upstream_failed'],
      ['errorFirst', 'upstream_unavailable'],
      ['errorLater', 'upstream_failed', true],
      ['truncated', 'upstream_failed', true],
      ['cut', 'upstream_failed', true],
    ]
    for (const [fault, code, began = false] of failing) {
      test(`a stream that meets "${fault}" is ${code}${began ? ' after its content' : ''}`, async (t) => {
        const { stream } = await open(t, speech)
        const { content, error } = await stream(text, fault)
        hold(error, code)
        assert.equal(content, began)
      })
    }

    for (const fault of ['errorBody', 'truncated', 'failed', 'page', 'unauthorised', 'cut', 'reset'] as const) {
      test(`a whole answer that meets "${fault}" is upstream_failed`, async (t) => {
        const { fake, whole } = await open(t, speech)
        fake.script(fault)
        await assert.rejects(whole(text), (thrown) => hold(thrown, 'upstream_failed'))
      })
    }

    test("what upstream says of the caller's request is the caller's to read", async (t) => {
      const { fake, whole } = await open(t, speech)
      fake.script('refused')
      await assert.rejects(whole(text), (thrown) => {
        hold(thrown, 'invalid_input')
        return publicError(thrown as AstraError).detail.includes(refusalWords)
      })
    })
  })
}

function hold(thrown: unknown, code: ErrorCode): true {
  assert.ok(thrown instanceof AstraError, String(thrown))
  assert.equal(thrown.code, code)
  assert.ok(thrown.facts.reason)
  assert.doesNotMatch(JSON.stringify([thrown.facts, thrown.message, thrown.stack]), new RegExp(fakeKey))
  assert.ok(!JSON.stringify(publicError(thrown)).includes(privateWords))
  return true
}

for (const speech of spoken.filter(({ dialect }) => ['openai-chat', 'anthropic-messages'].includes(dialect))) {
  test(`${speech.dialect}: a finish that is told twice goes on once`, async (t) => {
    const { stream, direct } = await open(t, speech)
    const { bytes, error } = await stream(text, 'doubleFinish')
    assert.equal(error, undefined)
    assert.equal(bytes, await direct(text, true))
  })
}

test('usage that the caller did not ask for is asked for, told here, and kept from the caller', async (t) => {
  const plain = (words: string) =>
    `{"model":"support-chat","stream":true, "messages":[{"role":"user","content":${JSON.stringify(words)}}]}`
  const [chat] = spoken
  assert.ok(chat)
  const { fake, stream } = await open(t, { ...chat, body: plain })
  const { bytes, usage, error } = await stream(text)
  assert.equal(error, undefined)
  assert.deepEqual(fake.requests[0]?.body.stream_options, { include_usage: true })
  assert.ok(usage?.inputTokens && usage.outputTokens)
  assert.doesNotMatch(bytes, /prompt_tokens/)
  assert.match(bytes, /data: \[DONE\]\n\n$/)
})

test('count_tokens passes through', async (t) => {
  const { backend, fake, version, close } = await openVendorBed('anthropic')
  t.after(close)
  const request = wireRequest('anthropic-count-tokens', '{"model":"x","messages":[{"role":"user","content":"a b"}]}')
  const relayed = await backend.relay?.predict(version(), fake.url, request, context)
  assert.deepEqual(Object.keys(JSON.parse(String(relayed?.bytes))), ['input_tokens'])
  assert.equal(fake.requests[0]?.path, '/v1/messages/count_tokens')
})
