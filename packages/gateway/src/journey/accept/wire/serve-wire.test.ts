import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Answer, StreamEvent } from '../../../kernel/answer.ts'
import type { CacheNote } from '../../../kernel/cache.ts'
import type { Call } from '../../../kernel/call.ts'
import { AstraError } from '../../../kernel/errors.ts'
import { anthropicEmit } from '../../emit/anthropic/anthropic-emit.ts'
import { openaiEmit } from '../../emit/openai/openai-emit.ts'
import { openWireBed, streamAnswer, type WireBed, wholeAnswer } from './testing/wire-bed.ts'

const bed = (over: WireBed = {}) => openWireBed({ openai: openaiEmit, anthropic: anthropicEmit }, over)
const chat = '/openai/chat/completions'

async function* events(...list: readonly StreamEvent[]): AsyncGenerator<StreamEvent> {
  yield* list
}

describe('a request becomes one Call', () => {
  it('with its own bytes, and its inputs read once, when somebody needs them', async () => {
    const { calls, send } = bed()
    const body = '{ "model":"spam@v1",  "input":"hello" }'
    const { status } = await send(chat, body)
    const [{ signal: _s, trace: _t, tell: _a, wire, ...call } = assert.fail('no call')] = calls
    assert.equal(status, 200)
    assert.deepEqual(call, {
      id: 'call-1',
      door: 'openai',
      model: 'spam',
      major: 1,
      inputs: [],
      batch: false,
      allOrNothing: true,
      stream: false,
      options: {},
      receivedAt: 1_700_000_000_500,
      startedAt: 2,
    })
    assert.deepEqual([wire?.dialect, wire?.items, String(wire?.bytes)], ['openai-chat', 1, body])
    assert.equal(wire?.here, undefined)
    assert.equal(wire?.canonical(), wire?.canonical())
  })

  it('of several inputs, as a stream, or for the default major', async () => {
    const { calls, send } = bed({ contract: { task: 'completion' } })
    await send('/openai/completions', { model: 'spam', input: ['a', 'b'] })
    assert.deepEqual([calls[0]?.major, calls[0]?.batch, calls[0]?.wire?.items], [undefined, true, 2])
    await send('/openai/completions', { model: 'spam', input: ['a'], stream: true })
    assert.deepEqual([calls[1]?.batch, calls[1]?.stream], [false, true])
  })

  it('whose options come from headers and from the fields of each protocol', async () => {
    const { calls, send } = bed()
    const body = { model: 'spam', input: 'a', user: 'u', safety_identifier: 's', metadata: { team: 'x', user_id: 'm' } }
    const headers = { 'astra-timeout': '2s', 'astra-reference': 'mine' }
    await send(chat, body, headers)
    await send('/anthropic/messages', body)
    await send(chat, body, { 'astra-unit': 'h' })
    assert.deepEqual(
      calls.map(({ door, options }) => [door, options]),
      [
        ['openai', { timeoutMs: 2000, reference: 'mine', unit: 's', tags: { team: 'x', user_id: 'm' } }],
        ['anthropic', { unit: 'm' }],
        ['openai', { unit: 'h', tags: { team: 'x', user_id: 'm' } }],
      ],
    )
  })
})

describe('its answer', () => {
  it('is told in the words of the protocol while the Record is open', async () => {
    const { send } = bed()
    const { headers, json } = await send(chat, { model: 'spam@v1', input: 'a' })
    assert.deepEqual(json(), {
      id: 'call-1',
      model: 'spam@v1',
      created: 1_700_000_000,
      outputs: [{ text: 'a' }],
      usage: { items: 1, inputTokens: 3, outputTokens: 5 },
    })
    assert.deepEqual(
      [headers['astra-call-id'], headers['x-request-id'], headers['astra-version']],
      ['call-1', 'call-1', '1.0'],
    )
    assert.match(String(headers['content-type']), /^application\/json/)
    assert.match(String(headers['server-timing']), /total;dur=0/)
  })

  it("is upstream's own bytes where they were relayed", async () => {
    const relayed = Buffer.from('{"id": 12345678901234567890}')
    const { send } = bed({
      serve(call) {
        const answer = wholeAnswer(call, { relayed })
        call.tell?.(answer)
        return answer
      },
    })
    const { text, headers } = await send('/anthropic/messages', { model: 'spam', input: 'a' })
    assert.deepEqual([text, headers['request-id']], [relayed.toString(), 'call-1'])
  })

  it('that cannot be told fails the call', async () => {
    const { refused, reported, send } = bed({
      serve(call) {
        call.tell?.(wholeAnswer(call, { items: [{ output: 'untold' }] }))
        return assert.fail('it was told')
      },
    })
    const { status, json } = await send(chat, { model: 'spam', input: 'a' })
    assert.deepEqual([status, json().error.code, refused, reported], [502, 'invalid_output', [], []])
  })

  it('says that the contract is deprecated', async () => {
    const { send } = bed({ deprecated: { since: '2026-01-01', sunset: '2026-06-01' } })
    const { headers } = await send(chat, { model: 'spam', input: 'a' })
    assert.deepEqual([headers.deprecation, headers.sunset], ['@1767225600', 'Mon, 01 Jun 2026 00:00:00 GMT'])
  })

  it('counts tokens here where no upstream does, and says that it is an estimate', async () => {
    const { calls, send } = bed({
      async serve(call) {
        const answer = wholeAnswer(call, { items: [{ output: await call.wire?.here?.() }] })
        call.tell?.(answer)
        return answer
      },
    })
    const body = { model: 'spam', input: 'a', system: 's', messages: ['m'], tools: ['t'], max_tokens: 5 }
    const { headers, json } = await send('/anthropic/messages/count_tokens', body)
    assert.deepEqual(json().outputs, [{ inputTokens: JSON.stringify(['s', ['m'], ['t']]).length }])
    assert.equal(headers['astra-estimated'], 'true')
    assert.equal(calls[0]?.wire?.dialect, 'anthropic-count-tokens')
  })

  it('is no estimate where upstream counted', async () => {
    const { send } = bed({ serve: (call) => wholeAnswer(call, { relayed: Buffer.from('{}') }) })
    const { headers } = await send('/anthropic/messages/count_tokens', { model: 'spam', input: 'a' })
    assert.equal('astra-estimated' in headers, false)
  })
})

describe('its stream', () => {
  const usage = { items: 1, outputTokens: 2 }
  const streamed = (...list: readonly StreamEvent[]) => bed({ serve: (call) => streamAnswer(call, events(...list)) })
  const body = { model: 'spam', input: 'a', stream: true }

  it('is told chunk by chunk, with its start and its end', async () => {
    const { send } = streamed(
      { type: 'chunk', chunk: 'silent' },
      { type: 'chunk', chunk: 1 },
      { type: 'answer-end', usage },
    )
    const { text, headers } = await send(chat, body)
    assert.equal(text, 'data: start call-1\n\ndata: 1\n\ndata: end 2\n\n')
    assert.deepEqual(
      [headers['content-type'], headers['cache-control'], headers['x-accel-buffering'], headers['x-request-id']],
      ['text/event-stream; charset=utf-8', 'no-store', 'no', 'call-1'],
    )
    assert.equal(headers['astra-version'], '1.0')
  })

  it("is upstream's own bytes where they were relayed", async () => {
    const bytes = ['data: 1\n\n', 'data: [DONE]\n\n'].map((text) => Buffer.from(text))
    const { send } = streamed(...bytes.map((piece): StreamEvent => ({ type: 'relayed', bytes: piece })), {
      type: 'answer-end',
      usage,
    })
    assert.equal((await send(chat, body)).text, 'data: 1\n\ndata: [DONE]\n\n')
  })

  it('of an empty answer has a start and an end all the same', async () => {
    const { send } = streamed({ type: 'answer-end', usage })
    assert.equal((await send('/anthropic/messages', body)).text, 'data: start call-1\n\ndata: end 2\n\n')
  })
})

describe('a request that cannot become a Call has one Record, and an error that says what to do', () => {
  const cases: readonly {
    readonly name: string
    readonly path?: string
    readonly body?: unknown
    readonly headers?: Readonly<Record<string, string>>
    readonly given?: WireBed
    readonly status: number
    readonly code: string
    readonly message: RegExp
  }[] = [
    { name: 'no JSON', body: '{', status: 400, code: 'invalid_body', message: /not JSON/ },
    { name: 'no model', body: { input: 'a' }, status: 400, code: 'invalid_body', message: /"model" must be/ },
    { name: 'a model that is no text', body: { model: 7 }, status: 400, code: 'invalid_body', message: /"model"/ },
    {
      name: 'an unknown model',
      body: { model: 'spamm', input: 'a' },
      status: 404,
      code: 'unknown_model',
      message: /Did you mean "spam"/,
    },
    {
      name: 'a model whose name is out of all bounds',
      body: { model: 'x'.repeat(50_000), input: 'a' },
      status: 404,
      code: 'unknown_model',
      message: /^There is no model "x{64}…"\. GET the path "models"/,
    },
    { name: 'another major', body: { model: 'spam@v2' }, status: 404, code: 'unknown_major', message: /has no v2/ },
    { name: 'no major', body: { model: 'spam@2' }, status: 404, code: 'unknown_major', message: /spam@v1/ },
    {
      name: 'a model that the key may not use',
      given: { models: ['other'] },
      body: { model: 'spam', input: 'a' },
      status: 403,
      code: 'model_forbidden',
      message: /Ask its owner for access: mail-platform\./,
    },
    {
      name: 'a model of a task that has another path',
      given: { others: { vectors: 'embedding' } },
      body: { model: 'vectors', input: 'a' },
      status: 400,
      code: 'wrong_task',
      message:
        /^"vectors" is no chat model: its task is embedding\. Call it at POST \/v1\/embeddings, or by GraphQL\.$/,
    },
    {
      name: 'a model of a task that has no path here',
      given: { others: { sorter: 'classification' } },
      path: '/anthropic/messages',
      body: { model: 'sorter', input: 'a' },
      status: 400,
      code: 'wrong_task',
      message: /POST \/models\/sorter\/v1\/predict/,
    },
    {
      name: 'a body over the limit of the contract',
      body: { model: 'spam', input: 'x'.repeat(10_000) },
      status: 413,
      code: 'body_too_large',
      message: /exceeds 10000 bytes/,
    },
    {
      name: 'a body over the limit of the door',
      body: { model: 'spam', input: 'x'.repeat(100_000) },
      status: 413,
      code: 'body_too_large',
      message: /exceeds 100000 bytes/,
    },
    {
      name: 'what the protocol refuses',
      body: { model: 'spam' },
      status: 400,
      code: 'invalid_input',
      message: /^The input does not fit the contract\. input is missing\. /,
    },
    {
      name: 'a stream of a contract that does not stream',
      given: { contract: { streams: false } },
      body: { model: 'spam', input: 'a', stream: true },
      status: 400,
      code: 'not_streamable',
      message: /Leave out "stream"\./,
    },
    {
      name: 'a stream of a protocol that does not stream',
      given: { others: { vectors: 'embedding' } },
      path: '/openai/embeddings',
      body: { model: 'vectors', input: 'a', stream: true },
      status: 400,
      code: 'not_streamable',
      message: /Leave out "stream"\./,
    },
    {
      name: 'a bad option',
      headers: { 'astra-timeout': 'soon' },
      body: { model: 'spam', input: 'a' },
      status: 400,
      code: 'invalid_option',
      message: /^Astra-Timeout must be a duration/,
    },
  ]
  for (const { name, path = chat, body, headers, given, status, code, message } of cases) {
    it(name, async () => {
      const { calls, refused, send } = bed(given)
      const sent = await send(path, body, headers)
      const { error } = sent.json()
      assert.equal(sent.status, status, error.message)
      assert.match(error.message, message)
      assert.equal(sent.headers['astra-error-code'], code)
      assert.equal(sent.headers['astra-call-id'], 'call-1')
      assert.deepEqual([calls.length, refused.length, refused[0]?.[1].code], [0, 1, code])
    })
  }

  it('a body as large as the largest contract takes is read, whatever the door would take', async () => {
    const { send } = bed({ bodyBytesMax: 10 })
    assert.equal((await send(chat, { model: 'spam', input: 'x'.repeat(9000) })).status, 200)
  })

  it('what the journey throws has its Record already', async () => {
    const { refused, reported, send } = bed({
      serve() {
        throw new AstraError('overloaded', { retryAfterMs: 1500 })
      },
    })
    const { status, headers } = await send('/anthropic/messages', { model: 'spam', input: 'a' })
    assert.deepEqual([status, refused, reported], [503, [], []])
    assert.deepEqual([headers['retry-after'], headers['retry-after-ms']], ['2', '1500'])
  })

  it('a journey that ends without an answer is a fault of ours', async () => {
    const { reported, send } = bed({ serve: (call) => wholeAnswer(call, {}) })
    const { status, json } = await send(chat, { model: 'spam', input: 'a' })
    assert.deepEqual([status, json().error.code, reported.length], [500, 'internal', 1])
    assert.doesNotMatch(json().error.message, /told/)
  })
})

describe('what was read in a body', () => {
  const cache: CacheNote = { outcome: 'hit', ageMs: 1 }
  const serves: Readonly<Record<string, [again: boolean, answer: (call: Call) => Answer]>> = {
    'is known at the next call once a cache has answered it': [false, (call) => wholeAnswer(call, { cache })],
    'is read again where the call was refused': [
      true,
      () => {
        throw new AstraError('rate_limited')
      },
    ],
    'is read again where a model was asked, as with no-store': [
      true,
      (call) => wholeAnswer(call, { cache: { outcome: 'bypass' } }),
    ],
    'is read again where an Idempotency-Key had its answer kept': [
      true,
      (call) => wholeAnswer(call, { cache: { ...cache, replayed: true } }),
    ],
  }
  for (const [what, [again, serve]] of Object.entries(serves)) {
    it(what, async () => {
      const { calls, send } = bed({ serve: (call) => serve(call) })
      for (let i = 0; i < 2; i++) await send(chat, '{"model":"spam@v1","input":"a"}')
      const [first, second] = calls.map(({ wire }) => wire?.body)
      assert.ok(first !== undefined)
      assert.equal(second !== first, again)
    })
  }
})
