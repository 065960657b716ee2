import assert from 'node:assert/strict'
import { test } from 'node:test'
import Fastify from 'fastify'
import type { Answer } from '../../../kernel/answer.ts'
import type { CacheNote } from '../../../kernel/cache.ts'
import type { Call } from '../../../kernel/call.ts'
import { AstraError } from '../../../kernel/errors.ts'
import { nativeEmit } from '../../emit/native/native-emit.ts'
import { testCaller, testCatalog } from '../../testing/fixtures.ts'
import { mountNative } from './mount-native.ts'

const policy = { scope: 'consumer', ttlMs: 1000, staleMs: 0, answerBytesMax: 1000 } as const

/** The inputs of two calls with the same body. */
async function inputsOf(answerOf: (call: Call) => Answer | AstraError, cache: typeof policy | undefined) {
  const catalog = testCatalog({ '1.0': 1 }, { contract: cache ? { cache } : {} })
  const inputs: (readonly unknown[])[] = []
  const http = Fastify()
  http.removeAllContentTypeParsers()
  http.addContentTypeParser('*', (_request, _payload, done) => done(null))
  mountNative(http, {
    context: {
      clock: { now: () => 0, elapsed: () => 0, id: () => 'call' },
      catalog: () => catalog,
      operations: [],
      operate: () => assert.fail('no operation is run'),
      refuse: () => assert.fail('each call can be read'),
      async serve(call) {
        inputs.push(call.inputs)
        return answerOf(call)
      },
    },
    emit: nativeEmit,
    callerOf: () => testCaller(),
    bodyBytesMax: 1000,
  })
  for (let i = 0; i < 2; i++)
    await http.inject({ method: 'POST', url: '/models/spam/v1/predict', payload: '{"input":{"text":"a"}}' })
  assert.deepEqual(inputs, [[{ text: 'a' }], [{ text: 'a' }]])
  return inputs
}

const answerWith =
  (cache: CacheNote) =>
  ({ id, model }: Call): Answer => ({
    callId: id,
    model,
    major: 1,
    version: '1.0',
    cached: true,
    cache,
    kind: 'whole',
    items: [{ output: {} }],
    usage: { items: 1 },
    timing: { queueMs: 0, upstreamMs: 0, totalMs: 0 },
  })

test('what was read in a body is known at the next call once a cache has answered it', async () => {
  const [first, second] = await inputsOf(answerWith({ outcome: 'hit', ageMs: 1 }), policy)
  assert.equal(second, first)
})

for (const [what, answerOf, cache] of [
  ['the call was refused', () => new AstraError('rate_limited'), policy],
  ['a model was asked, as with no-store', answerWith({ outcome: 'bypass' }), policy],
  ['an Idempotency-Key had its answer kept', answerWith({ outcome: 'hit', replayed: true }), policy],
  ['the contract has no cache any more', answerWith({ outcome: 'hit' }), undefined],
] as const) {
  test(`a body is read again where ${what}`, async () => {
    const [first, second] = await inputsOf(answerOf, cache)
    assert.notEqual(second, first)
  })
}
