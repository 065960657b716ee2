import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LimitKind, LimitStatus, OwnerKind } from '../../kernel/limits.ts'
import { anthropicLimits } from './anthropic/anthropic-limits.ts'
import { type HeaderList, headersIn } from './header-list.ts'
import { addRateLimits } from './limit-headers.ts'
import { durationText, openaiLimits } from './openai/openai-limits.ts'

function status(owner: OwnerKind, kind: LimitKind, over: Partial<LimitStatus> = {}): LimitStatus {
  const windowMs = kind === 'concurrent' ? undefined : 60_000
  return { owner: { kind: owner, name: 'x' }, kind, limit: 100, windowMs, remaining: 99, resetMs: 600, ...over }
}

function added(add: (headers: HeaderList) => void) {
  const headers: HeaderList = []
  add(headers)
  return headersIn(headers)
}

const rateLimitHeaders = (limits: readonly LimitStatus[] | undefined) =>
  added((headers) => addRateLimits(headers, limits))

describe('RateLimit and RateLimit-Policy', () => {
  it('name each bound by its owner and kind, in whole numbers on the safe side', () => {
    const limits = [
      status('consumer', 'requests'),
      status('team', 'tokens', { limit: 1e5, remaining: 12.9, resetMs: 59_001 }),
      status('version', 'concurrent', { limit: 8, remaining: 7 }),
    ]
    assert.deepEqual(rateLimitHeaders(limits), {
      'ratelimit-policy':
        '"consumer-requests";q=100;w=60, "team-tokens";q=100000;w=60;qu="tokens", "version-concurrent";q=8;qu="concurrent-requests"',
      ratelimit: '"consumer-requests";r=99;t=1, "team-tokens";r=12;t=60, "version-concurrent";r=7',
    })
  })

  it('tell of each kind the tightest, and so a bounded number', () => {
    const limits = [
      status('key', 'requests', { remaining: 50 }),
      status('consumer', 'requests', { remaining: 20 }),
      status('consumer', 'tokens', { remaining: 10 }),
      status('team', 'requests', { remaining: 30 }),
      status('team', 'tokens', { remaining: 5 }),
      status('version', 'concurrent', { remaining: 30 }),
    ]
    const names = [...(rateLimitHeaders(limits).ratelimit ?? '').matchAll(/"([^"]+)"/g)].map(([, name]) => name)
    assert.deepEqual(names, ['consumer-requests', 'team-tokens', 'version-concurrent'])
  })

  it('tell the bound that leaves least, whatever its size, and of two alike the one that is back later', () => {
    const state = (...limits: LimitStatus[]) => rateLimitHeaders(limits).ratelimit
    const small = status('consumer', 'requests', { limit: 600, remaining: 20, resetMs: 1000 })
    assert.equal(
      state(status('team', 'requests', { limit: 10_000, remaining: 400 }), small),
      '"consumer-requests";r=20;t=1',
    )
    assert.equal(state(small, status('team', 'requests', { remaining: 4 })), '"team-requests";r=4;t=1')
    assert.equal(state(small, status('team', 'requests', { remaining: 20, resetMs: 9000 })), '"team-requests";r=20;t=9')
  })

  it('tell less than one in an interval as one in a longer interval', () => {
    const limits = [status('consumer', 'requests', { limit: 0.5, remaining: 0, resetMs: 120_000 })]
    assert.equal(rateLimitHeaders(limits)['ratelimit-policy'], '"consumer-requests";q=1;w=120')
  })

  it('are left out where there is nothing to tell, and say nothing of money', () => {
    for (const limits of [undefined, [], [status('team', 'budget-day', { limit: 20 })]]) {
      assert.deepEqual(rateLimitHeaders(limits), {})
    }
  })
})

const both = [
  status('team', 'requests', { limit: 600, remaining: 500, resetMs: 10_000 }),
  status('consumer', 'requests', { limit: 100, remaining: 3, resetMs: 58_200 }),
  status('consumer', 'tokens', { limit: 40_000, remaining: 39_950.5, resetMs: 75 }),
  status('consumer', 'items'),
]

it("OpenAI's headers tell the tightest bound of requests and of tokens", () => {
  assert.deepEqual(
    added((headers) => openaiLimits(headers, both)),
    {
      'x-ratelimit-limit-requests': '100',
      'x-ratelimit-remaining-requests': '3',
      'x-ratelimit-reset-requests': '59s',
      'x-ratelimit-limit-tokens': '40000',
      'x-ratelimit-remaining-tokens': '39950',
      'x-ratelimit-reset-tokens': '75ms',
    },
  )
})

it("Anthropic's headers tell the same, the reset as a time", () => {
  assert.deepEqual(
    added((headers) => anthropicLimits(headers, both, Date.UTC(2026, 10, 23, 10))),
    {
      'anthropic-ratelimit-requests-limit': '100',
      'anthropic-ratelimit-requests-remaining': '3',
      'anthropic-ratelimit-requests-reset': '2026-11-23T10:00:59Z',
      'anthropic-ratelimit-tokens-limit': '40000',
      'anthropic-ratelimit-tokens-remaining': '39950',
      'anthropic-ratelimit-tokens-reset': '2026-11-23T10:00:01Z',
    },
  )
  assert.deepEqual(
    added((headers) => anthropicLimits(headers, [status('key', 'items')], 0)),
    {},
  )
})

it('durations are written as Go writes them', () => {
  assert.deepEqual([0, 119.2, 1000, 360_000, 3_600_000, 86_399_500].map(durationText), [
    '0ms',
    '120ms',
    '1s',
    '6m0s',
    '1h0m0s',
    '24h0m0s',
  ])
})
