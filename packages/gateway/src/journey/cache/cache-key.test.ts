import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { CacheScope } from '../../kernel/cache.ts'
import type { Call } from '../../kernel/call.ts'
import type { Caller } from '../../kernel/caller.ts'
import type { Dialect } from '../../kernel/wire.ts'
import { permit } from '../admit/permit.ts'
import { assign } from '../assign/assign.ts'
import { fitInputs } from '../assign/fit-inputs.ts'
import { testCall, testCaller, testCatalog } from '../testing/fixtures.ts'
import { cacheKey } from './cache-key.ts'

const policy = { ttlMs: 1, staleMs: 0, answerBytesMax: 1 }

interface Asked {
  readonly scope?: CacheScope
  readonly caller?: Partial<Caller>
  readonly call?: Partial<Call>
  readonly relays?: boolean
  readonly contract?: NonNullable<Parameters<typeof testCatalog>[1]>['contract']
  readonly consumers?: NonNullable<Parameters<typeof testCatalog>[1]>['consumers']
}

function keyOf({ scope = 'consumer', caller, call, relays = false, contract, consumers }: Asked): string | undefined {
  const catalog = testCatalog(
    { '1.0': 1, '1.1': 0 },
    { contract: { streams: true, ...contract }, ...(consumers ? { consumers } : {}) },
  )
  const admitted = permit(testCall(call), { ...testCaller(), ...caller }, catalog)
  return cacheKey(
    fitInputs(assign(admitted), () => relays),
    { ...policy, scope },
  )
}

const wired = (body: Readonly<Record<string, unknown>>, dialect: Dialect = 'openai-chat'): Partial<Call> => ({
  inputs: [],
  wire: { dialect, body, bytes: Buffer.from(JSON.stringify(body)), items: 1, canonical: () => [{ text: 'hello' }] },
})

describe('the key of an answer', () => {
  const asked = fc.record({
    consumer: fc.constantFrom('a', 'b', 'a","team'),
    team: fc.constantFrom(undefined, 'a', 'b'),
    scope: fc.constantFrom<CacheScope>('consumer', 'team', 'public'),
    version: fc.constantFrom('1.0', '1.1'),
    text: fc.constantFrom('x', 'y', 'x\n'),
    stream: fc.boolean(),
    batch: fc.boolean(),
  })

  it('is one for each unit and session that tokens of a consumer are bound to, where only the consumer shares', () => {
    const consumers = { shop: { demo: false, team: 'growth' } }
    const bounds: readonly Caller['bound'][] = [
      undefined,
      {},
      { unit: 'a' },
      { unit: 'b' },
      { session: 'a' },
      { unit: 'a', session: 'a' },
    ]
    const keys = (scope: CacheScope, consumer: string) =>
      new Set(bounds.map((bound) => keyOf({ scope, consumers, caller: { consumer, ...(bound ? { bound } : {}) } })))
        .size
    assert.deepEqual([keys('consumer', 'shop'), keys('team', 'shop'), keys('public', 'shop')], [6, 1, 1])
    // In no team.
    assert.equal(keys('team', 'other'), 6)
  })

  it('is another in each protocol, of a body that is remembered too', () => {
    const body = Object.freeze({ model: 'a', max_tokens: 5, messages: Object.freeze([]) })
    const dialects: readonly Dialect[] = [
      'anthropic-messages',
      'anthropic-count-tokens',
      'openai-chat',
      'anthropic-messages',
    ]
    const keys = dialects.map((dialect) => keyOf({ relays: true, call: wired(body, dialect) }))
    assert.equal(new Set(keys).size, 3)
    assert.equal(keys[0], keys[3])
  })

  it('is the same exactly where scope, version, form and input are', () => {
    const sharer = ({ scope, team, consumer }: { scope: CacheScope; team: string | undefined; consumer: string }) => {
      if (scope === 'public') return 'all'
      return scope === 'team' && team !== undefined ? `team ${team}` : `consumer ${consumer}`
    }
    const key = ({
      consumer,
      team,
      scope,
      version,
      text,
      stream,
      batch,
    }: typeof asked extends fc.Arbitrary<infer T> ? T : never) =>
      keyOf({
        scope,
        caller: { consumer, ...(team ? { team } : {}) },
        call: { inputs: [{ text }], stream: stream && !batch, batch, options: { version } },
      })
    const form = ({ stream, batch }: { stream: boolean; batch: boolean }) => `${stream && !batch} ${batch}`
    fc.assert(
      fc.property(asked, asked, (one, other) => {
        const same =
          sharer(one) === sharer(other) &&
          one.version === other.version &&
          one.text === other.text &&
          form(one) === form(other)
        assert.equal(key(one) === key(other), same)
      }),
      { numRuns: 500 },
    )
  })

  it('says by what it is purged', () => {
    assert.match(keyOf({}) ?? '', /^spam@v1\/1\.0#[\w-]{43}$/)
  })

  it('is shared by the doors that ask in canonical form, and by protocols not', () => {
    assert.equal(keyOf({ call: { door: 'graphql' } }), keyOf({ call: { door: 'native' } }))
    assert.equal(keyOf({ call: wired({ model: 'spam' }) }), keyOf({}))
    const passed = (dialect: Dialect) => keyOf({ relays: true, call: wired({ messages: [] }, dialect) })
    assert.notEqual(passed('openai-chat'), passed('anthropic-messages'))
    assert.notEqual(passed('openai-chat'), keyOf({}))
  })

  it('passes over who asks in a protocol, but where the answer repeats it', () => {
    const plain = { model: 'spam', messages: [{ role: 'user', content: 'hi' }], temperature: 0 }
    const said = { ...plain, model: 'spam@v1', user: 'u', metadata: { a: 'b' }, safety_identifier: 's' }
    const key = (body: object, dialect?: Dialect) =>
      keyOf({ relays: true, call: wired(body as Record<string, unknown>, dialect) })
    assert.equal(key(said), key(plain))
    assert.notEqual(key(said, 'openai-responses'), key(plain, 'openai-responses'))
    for (const more of [{ temperature: 1 }, { seed: 1 }, { stream_options: { include_usage: true } }, { x: null }])
      assert.notEqual(key({ ...plain, ...more }), key(plain), JSON.stringify(more))
  })

  it("has the consumer's own team where its token names none", () => {
    const consumers = { shop: { demo: false, team: 'growth' } }
    const shop = keyOf({ scope: 'team', caller: { consumer: 'shop' }, consumers })
    assert.equal(shop, keyOf({ scope: 'team', caller: { consumer: 'other', team: 'growth' }, consumers }))
    assert.notEqual(shop, keyOf({ scope: 'team', caller: { consumer: 'other' }, consumers }))
  })

  it('changes with what an answer may have at most', () => {
    const { limits } = testCatalog({ '1.0': 1 }).model('spam')?.contracts.get(1) ?? {}
    assert.ok(limits)
    assert.notEqual(keyOf({ contract: { limits: { ...limits, outputTokensMax: 5 } } }), keyOf({}))
  })

  it('is none for a list in which something does not fit, as that changes what is answered', () => {
    assert.equal(keyOf({ call: { batch: true, inputs: [{ text: 1 }, { text: 'a' }] } }), undefined)
    assert.notEqual(keyOf({ call: { batch: true, inputs: [{ text: 'a' }] } }), undefined)
  })

  it('is none where a request says more digits than a number holds', () => {
    const seeded = (text: string) => keyOf({ relays: true, call: wired({ seed: JSON.parse(text) }) })
    assert.equal(seeded('9007199254740993'), undefined)
    assert.notEqual(seeded('9007199254740991'), seeded('9007199254740990'))
  })
})
