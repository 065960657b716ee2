import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import type { CatalogState } from '../../kernel/catalog-state.ts'
import { writeManifest } from '../manifest/write-manifest.ts'
import { canonical } from './digest.ts'
import { applied, contractOf, planYaml } from './testing/planning.ts'

/** Who may call, how much, and what is kept, from the manifest to the state and back. */
const rate = (amount: number, perMs: number, burst = amount) => ({ amount, perMs, burst })

const yaml = `
teams:
  growth:
    limits: { requests: 600/minute, tokens: { rate: 100000/minute, burst: 20000 }, concurrent: 50, budget: { day: 20, month: 300 } }
  idle: {}
consumers:
  shop: { team: growth, priority: high, origins: ["https://shop.example.com"], limits: { items: 1000/hour } }
issuers:
  company:
    issuer: https://login.example.com
    audience: astraapi
    claims: { consumer: { claim: azp, values: { "client-1": shop } }, team: groups }
  partner:
    issuer: http://localhost:8080
    jwks: http://localhost:8080/keys
    audience: [a, b]
    algorithms: [ES256]
    clockSkew: 1m
    claims: { consumer: sub }
    permissions: [{ claim: roles, value: ml-admin, permissions: [operate], models: [m] }]
models:
  embed: { owner: me, contracts: { v1: { task: embedding, versions: { "1": { backend: echo } } } } }
  m:
    owner: me
    limits: { tokens: 1000000/hour }
    contracts:
      v1:
        task: chat
        limits: { queue: 100, outputTokens: 4096, whenUnavailable: closed }
        cache: { ttl: 5m, semantic: { mode: measure, model: embed@v1 } }
        versions: { "1": { backend: echo, limits: { concurrent: 8 } } }
`

describe('declared policies', () => {
  it('stand in the state with their defaults', async () => {
    const stored = await applied(yaml)
    const { teams, consumers, issuers, models } = stored.state
    assert.deepEqual(teams, {
      growth: {
        limits: {
          requests: rate(600, 60_000),
          tokens: rate(100_000, 60_000, 20_000),
          concurrent: 50,
          budget: { day: 20, month: 300 },
        },
      },
      idle: {},
    })
    assert.deepEqual(consumers.shop, {
      team: 'growth',
      priority: 'high',
      origins: ['https://shop.example.com'],
      demo: false,
      limits: { items: rate(1000, 3_600_000) },
    })
    assert.deepEqual(issuers, {
      company: {
        issuer: 'https://login.example.com',
        audience: ['astraapi'],
        algorithms: ['RS256', 'ES256', 'EdDSA', 'PS256'],
        clockSkewMs: 30_000,
        consumer: { claim: 'azp', values: { 'client-1': 'shop' } },
        team: { claim: 'groups' },
        permissions: [{ permissions: ['infer'] }],
      },
      partner: {
        issuer: 'http://localhost:8080',
        jwksUrl: 'http://localhost:8080/keys',
        audience: ['a', 'b'],
        algorithms: ['ES256'],
        clockSkewMs: 60_000,
        consumer: { claim: 'sub' },
        permissions: [{ claim: 'roles', value: 'ml-admin', permissions: ['operate'], models: ['m'] }],
      },
    })
    assert.deepEqual(models.m?.limits, { tokens: rate(1_000_000, 3_600_000) })
    const { limits, cache, versions } = contractOf(stored)
    assert.deepEqual([limits.queueMax, limits.outputTokensMax, limits.whenUnavailable], [100, 4096, 'closed'])
    assert.deepEqual(cache, {
      scope: 'consumer',
      ttlMs: 300_000,
      staleMs: 0,
      answerBytesMax: 2 ** 20,
      semantic: { mode: 'measure', model: 'embed@v1', similarityMin: 0.95, timeoutMs: 200 },
    })
    assert.deepEqual(versions['1']?.limits, { concurrent: 8 })
    assert.deepEqual(versions['1']?.settings, { words: 'text' })
  })

  it('read back from an export as they are', async () => {
    const stored = await applied(yaml)
    const fresh = await applied(writeManifest(stored.state))
    assert.equal(canonical(fresh.state), canonical(stored.state))
    const other = await applied(
      yaml
        .replace('embed@v1 }', 'embed@v1, similarity: 0.9, timeout: 1s }')
        .replace('ttl: 5m', 'ttl: 90s, stale: 1m, scope: public, answer: 2KiB'),
    )
    const again = await applied(writeManifest(other.state))
    assert.deepEqual(contractOf(again).cache, {
      scope: 'public',
      ttlMs: 90_000,
      staleMs: 60_000,
      answerBytesMax: 2048,
      semantic: { mode: 'measure', model: 'embed@v1', similarityMin: 0.9, timeoutMs: 1000 },
    })
  })

  it('change without a new version, and are no part of its digest', async () => {
    const stored = await applied(yaml)
    const edited = yaml.replace('concurrent: 8', 'requests: 5/second').replace('ttl: 5m', 'ttl: 6m')
    const { changes, faults, next } = await planYaml(
      edited.replace('limits: { items', 'limits: { concurrent: 1, items'),
      stored,
    )
    assert.deepEqual(faults, [])
    assert.deepEqual(
      changes.map(({ what, after, breaking }) => [what, after, breaking]),
      [
        ['limits of version m@v1 1', 'requests: 5/second', false],
        [
          'cache m@v1',
          'scope: consumer, ttl: 6m, answer: 1MiB, semantic: measure by embed@v1 from 0.95 on, within 200ms',
          false,
        ],
        ['limits of consumer shop', 'items: 1000/hour, concurrent: 1', false],
      ],
    )
    assert.deepEqual(next?.digests, stored.digests)
    const { changes: gone } = await planYaml(yaml.replace(', limits: { concurrent: 8 }', ''), stored)
    assert.deepEqual(
      gone.map(({ action, what }) => `${action} ${what}`),
      ['remove limits of version m@v1 1'],
    )
  })

  it('leave nothing behind where nothing is declared', async () => {
    const { state } = await applied('models: {}\nteams: {}\nissuers: {}\nconsumers: {a: {limits: {}}}')
    assert.deepEqual(state, { models: {}, consumers: { a: { demo: false } } } satisfies CatalogState)
    const off = yaml.replace('mode: measure', 'mode: off')
    assert.equal(contractOf(await applied(off)).cache?.semantic, undefined)
  })

  it('are accepted as the documentation has them', async () => {
    const page = await readFile(new URL('../../../../../docs/limits.md', import.meta.url), 'utf8')
    const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block = '']) => block)
    assert.ok(blocks.length >= 3)
    for (const block of blocks) await applied(block)
  })
})
