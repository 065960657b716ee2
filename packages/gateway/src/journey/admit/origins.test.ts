import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { callerOf } from '../../kernel/caller.ts'
import { AstraError } from '../../kernel/errors.ts'
import { anthropicLimits } from '../emit/anthropic/anthropic-limits.ts'
import { addCacheHeaders } from '../emit/cache-headers.ts'
import { type HeaderList, headersIn } from '../emit/header-list.ts'
import { addRateLimits } from '../emit/limit-headers.ts'
import { openaiLimits } from '../emit/openai/openai-limits.ts'
import { wireErrorHeaders } from '../emit/wire/wire-headers.ts'
import { testCatalog } from '../testing/fixtures.ts'
import { originHeaders, preflight, strangerHeaders } from './origins.ts'

const shopPage = 'https://shop.example.com'
const mailPage = 'https://mail.example.com'
const catalog = testCatalog(
  { '1.0': 1 },
  {
    consumers: {
      shop: { demo: false, origins: [shopPage, 'http://localhost:5173'] },
      mail: { demo: false, origins: [mailPage] },
      batch: { demo: false },
    },
  },
)
const by = (consumer: string) => callerOf({ id: 'key_1', consumer, permissions: ['infer'], createdAt: 0 })
const asking = (origin: string, headers: Record<string, string> = {}) => ({
  origin,
  'access-control-request-method': 'POST',
  ...headers,
})

describe('a preflight', () => {
  it("is answered for any consumer's origin, with the headers that it asks for", () => {
    for (const origin of [shopPage, mailPage]) {
      const headers = preflight(
        asking(origin, { 'access-control-request-headers': 'authorization,astra-unit' }),
        catalog,
      )
      assert.equal(headers?.['access-control-allow-origin'], origin)
      assert.equal(headers?.['access-control-allow-headers'], 'authorization,astra-unit')
      assert.equal('access-control-allow-credentials' in (headers ?? {}), false)
      assert.match(headers?.vary ?? '', /Origin/)
    }
  })

  it('names no headers where what is asked for is no list of them', () => {
    for (const odd of ['*', 'a\tb', 'a: b', 'x,'.repeat(100), ''])
      assert.equal(
        'access-control-allow-headers' in
          (preflight(asking(shopPage, { 'access-control-request-headers': odd }), catalog) ?? {}),
        false,
        odd,
      )
  })

  it('is refused for every other origin', () => {
    for (const origin of [
      'https://evil.example.com',
      'null',
      '*',
      '',
      `${shopPage}/`,
      `${shopPage}.evil.com`,
      'http://shop.example.com',
      'https://shop.example.com:8443',
      shopPage.toUpperCase(),
      'constructor',
    ])
      assert.throws(() => preflight(asking(origin), catalog), { code: 'origin_forbidden' }, origin)
  })

  it('is none without an origin, or without a method', () => {
    assert.equal(preflight({ origin: shopPage }, catalog), undefined)
    assert.equal(preflight({ 'access-control-request-method': 'POST' }, catalog), undefined)
  })
})

describe('an answer', () => {
  it('is refused to a page of no origin where the request names no host either', () => {
    assert.throws(() => originHeaders('null', undefined, by('shop'), catalog), { code: 'origin_forbidden' })
  })

  it("lets the pages of its caller's origins read it, and the headers that they need", () => {
    const headers = originHeaders(shopPage, 'api.example.com', by('shop'), catalog)
    assert.equal(headers['access-control-allow-origin'], shopPage)
    assert.equal(headers.vary, 'Origin')
    const exposed = headers['access-control-expose-headers']?.toLowerCase().split(', ')
    for (const name of ['retry-after', 'ratelimit', 'ratelimit-policy', 'astra-call-id', 'x-ratelimit-limit-tokens'])
      assert.ok(exposed?.includes(name), name)
    assert.ok(!exposed?.includes('*'))
  })

  it('lets a page read every header that the doors write, but those of the connection', () => {
    const headers = originHeaders(shopPage, 'api.example.com', by('shop'), catalog)
    const exposed = new Set(headers['access-control-expose-headers']?.toLowerCase().split(', '))
    const limits = (['requests', 'tokens'] as const).map((kind) => ({
      ...{ owner: { kind: 'consumer', name: 'shop' } as const, kind, limit: 1, windowMs: 1, remaining: 1, resetMs: 1 },
    }))
    const facts = { limits, replayed: true, allow: ['POST'], retryAfterMs: 1 } as const
    const list: HeaderList = [
      ...wireErrorHeaders(new AstraError('key_expired', facts), 'call', 'x-request-id'),
      ...wireErrorHeaders(new AstraError('body_too_large', facts), 'call', 'request-id'),
    ]
    addRateLimits(list, limits)
    openaiLimits(list, limits)
    anthropicLimits(list, limits, 0)
    addCacheHeaders(list, { outcome: 'hit', ageMs: 1, similarity: 1, replayed: true })
    const written = headersIn(list)
    assert.ok('age' in written && 'idempotent-replayed' in written && 'www-authenticate' in written)
    const others = ['connection', 'allow']
    assert.deepEqual(
      Object.keys(written).filter((name) => !exposed.has(name) && !others.includes(name)),
      [],
    )
  })

  it("is refused to pages of another consumer's origins, and of none", () => {
    for (const origin of [mailPage, 'https://evil.example.com', 'null', 'api.example.com'])
      assert.throws(() => originHeaders(origin, 'api.example.com', by('shop'), catalog), { code: 'origin_forbidden' })
  })

  it("goes to pages of the gateway's own, to which it is not cross-origin", () => {
    assert.deepEqual(originHeaders('https://api.example.com', 'api.example.com', by('shop'), catalog), {
      vary: 'Origin',
    })
  })

  it('of a consumer that lists no origins is kept from every page by its browser', () => {
    assert.deepEqual(originHeaders(shopPage, 'api.example.com', by('batch'), catalog), { vary: 'Origin' })
  })

  it('to a caller that is not known can be read by pages that a consumer lists, so that they learn of an expired token', () => {
    assert.equal(strangerHeaders(shopPage, catalog)['access-control-allow-origin'], shopPage)
    assert.deepEqual(strangerHeaders('https://evil.example.com', catalog), { vary: 'Origin' })
  })
})
