import fc from 'fast-check'
import type { ManifestCache } from '../../manifest/cache-policy.ts'
import type { ManifestConsumer, ManifestTeam } from '../../manifest/consumer.ts'
import { algorithms, type ManifestIssuer } from '../../manifest/issuer.ts'
import type { ManifestLimits } from '../../manifest/owner-limits.ts'

/** Who may call, how much, and what is kept: parts of manifests without faults. */
const some = { requiredKeys: [] }
const text = fc.oneof(
  fc.string({ minLength: 1, maxLength: 20, unit: 'binary' }),
  fc.constantFrom('yes', '1.10', 'null', 'constructor', '__proto__x', ' a: b # c'),
)

const amount = fc.oneof(
  fc.integer({ min: 1, max: 1_000_000 }).map(String),
  fc.constantFrom('0.5', '2.125', '999999999999', '0.001', '1.0'),
)
const interval = fc.oneof(
  fc.constantFrom('second', 'minute', 'hour', 'day', '10s', '90s', '60m', '1.5s', '24h'),
  fc.integer({ min: 1000, max: 86_400_000 }).map((ms) => `${ms}ms`),
)
const rate = fc.tuple(amount, interval).map(([amount, interval]) => `${amount}/${interval}`)
const burst = fc.oneof(fc.integer({ min: 1, max: 1_000_000 }), fc.double({ min: 1, max: 1e12, noNaN: true }))
const rates = fc.oneof(rate, fc.record({ rate, burst }, { requiredKeys: ['rate'] }))
const usd = fc.oneof(fc.constantFrom(20, 0.01, 1e9), fc.double({ min: 1e-9, max: 1e9, noNaN: true }))

export const randomLimits: fc.Arbitrary<ManifestLimits> = fc.record(
  {
    requests: rates,
    items: rates,
    tokens: rates,
    concurrent: fc.integer({ min: 1, max: 1_000_000 }),
    budget: fc.oneof(fc.record({ day: usd }), fc.record({ month: usd }), fc.record({ day: usd, month: usd })),
  },
  some,
)

const kept = fc.oneof(
  fc.integer({ min: 1, max: 2_592_000_000 }).map((ms) => `${ms}ms`),
  fc.constantFrom('5m', '1m', '720h'),
)
/** Without a semantic part, which needs a contract of another kind beside it. */
export const randomCache: fc.Arbitrary<ManifestCache> = fc.record(
  {
    ttl: kept,
    stale: kept,
    scope: fc.constantFrom('consumer' as const, 'team' as const, 'public' as const),
    answer: fc.oneof(fc.integer({ min: 1, max: 2 ** 26 }), fc.constantFrom('1MiB', '64KiB')),
  },
  { requiredKeys: ['ttl'] },
)

export const randomTeam: fc.Arbitrary<ManifestTeam> = fc.record({ description: text, limits: randomLimits }, some)

export function randomConsumer(teams: readonly string[]): fc.Arbitrary<ManifestConsumer> {
  return fc.record(
    {
      description: text,
      demo: fc.boolean(),
      priority: fc.constantFrom('high' as const, 'normal' as const, 'low' as const),
      origins: fc.uniqueArray(fc.constantFrom('https://a.example', 'http://localhost:5173'), { minLength: 1 }),
      limits: randomLimits,
      ...(teams.length > 0 ? { team: fc.constantFrom(...teams) } : {}),
    },
    some,
  )
}

export function randomIssuers(teams: readonly string[]): fc.Arbitrary<Readonly<Record<string, ManifestIssuer>>> {
  const values = teams.length > 0 ? fc.dictionary(text, fc.constantFrom(...teams), { minKeys: 1 }) : undefined
  const team = fc.oneof(text, fc.record({ claim: text, ...(values ? { values } : {}) }))
  const permission = fc.constantFrom('infer' as const, 'read' as const, 'operate' as const, 'admin' as const)
  const permissions = fc.uniqueArray(permission, { minLength: 1 })
  const rule = fc.oneof(fc.record({ permissions }), fc.record({ claim: text, value: text, permissions }))
  const issuer = fc.record(
    {
      jwks: fc.constantFrom('https://keys.example/jwks?p=1', 'http://127.0.0.1:9/k'),
      audience: fc.oneof(text, fc.array(text, { minLength: 1, maxLength: 3 })),
      algorithms: fc.uniqueArray(fc.constantFrom(...algorithms), { minLength: 1 }),
      clockSkew: fc.constantFrom('30s', '1ms', '5m'),
      claims: fc.record({ consumer: text, team }, { requiredKeys: ['consumer'] }),
      permissions: fc.array(rule, { minLength: 1, maxLength: 3 }),
    },
    { requiredKeys: ['audience', 'claims'] },
  )
  return fc
    .dictionary(fc.constantFrom('company', 'partner', 'constructor'), issuer)
    .map((issuers) =>
      Object.fromEntries(
        Object.entries(issuers).map(([name, one]) => [name, { ...one, issuer: `https://${name}.example` }]),
      ),
    )
}
