import type { LimitKind, LimitOwner, LimitStatus } from '../../kernel/limits.ts'
import type { HeaderList } from './header-list.ts'

/** Those of the draft's registry, and our own. Money is no unit of a rate: budgets are told when they refuse. */
const units = {
  requests: '',
  items: ';qu="items"',
  tokens: ';qu="tokens"',
  concurrent: ';qu="concurrent-requests"',
} as const satisfies Partial<Record<LimitKind, string>>
const told = Object.keys(units) as readonly (keyof typeof units)[]

/**
 * RateLimit and RateLimit-Policy, https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ (structured fields): `q` of
 * the policy in `w` seconds; `r` are left, and all of it is back after `t` seconds. Of each kind the bound that will stop its caller
 * first: who knows that one needs no other.
 */
export function addRateLimits(headers: HeaderList, limits: readonly LimitStatus[] | undefined): void {
  if (!limits || limits.length === 0) return
  let policy = ''
  let state = ''
  for (const kind of told) {
    const found = tightestOf(kind, limits)
    if (!found) continue
    const { remaining, resetMs } = found
    const { name, text } = policyOf(found, units[kind])
    if (state !== '') {
      policy += ', '
      state += ', '
    }
    policy += text
    // No counter knows when a call will end.
    state +=
      kind === 'concurrent'
        ? `${name};r=${Math.floor(remaining)}`
        : `${name};r=${Math.floor(remaining)};t=${Math.ceil(resetMs / 1000)}`
  }
  if (state !== '') headers.push('ratelimit-policy', policy, 'ratelimit', state)
}

interface Policy {
  readonly limit: number
  readonly windowMs: number | undefined
  readonly name: string
  readonly text: string
}

/** Of the owners that there are: each answer would write them again. */
const policies = new WeakMap<LimitOwner, Partial<Record<LimitKind, Policy>>>()

function policyOf({ owner, kind, limit, windowMs }: LimitStatus, unit: string): Policy {
  let known = policies.get(owner)
  if (!known) {
    known = {}
    policies.set(owner, known)
  }
  const before = known[kind]
  if (before && before.limit === limit && before.windowMs === windowMs) return before
  const name = `"${owner.kind}-${kind}"`
  // In whole numbers: one in two minutes rather than a half in one.
  const scale = limit > 0 && limit < 1 ? 1 / limit : 1
  const window = windowMs === undefined ? '' : `;w=${Math.ceil((windowMs * scale) / 1000)}`
  const policy = { limit, windowMs, name, text: `${name};q=${Math.floor(limit * scale)}${window}${unit}` }
  known[kind] = policy
  return policy
}

/** The bound of a kind that will stop its caller first: the one that leaves least, and of two alike the one that is longer in coming back. */
export function tightestOf(kind: LimitKind, limits: readonly LimitStatus[]): LimitStatus | undefined {
  let found: LimitStatus | undefined
  for (const limit of limits) {
    if (limit.kind === kind && (!found || isTighter(limit, found))) found = limit
  }
  return found
}

function isTighter(one: LimitStatus, other: LimitStatus): boolean {
  return one.remaining === other.remaining ? one.resetMs > other.resetMs : one.remaining < other.remaining
}
