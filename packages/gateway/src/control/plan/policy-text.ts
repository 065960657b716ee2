import type { CachePolicy } from '../../kernel/cache.ts'
import type { ConsumerState } from '../../kernel/catalog-state.ts'
import type { ClaimMap, IssuerState, PermissionRule } from '../../kernel/issuer-state.ts'
import type { Limits, Rate } from '../../kernel/limits.ts'
import { durationText, sizeText } from '../manifest/quantities.ts'
import { rateOut, rateText } from '../manifest/rate.ts'
import { facts } from './facts.ts'

/** What was declared of who may call, how much, and what is kept, in the words of the manifest. */
export function limitsText({ requests, items, tokens, concurrent, budget }: Limits): string {
  return facts({
    requests: requests && ratePhrase(requests),
    items: items && ratePhrase(items),
    tokens: tokens && ratePhrase(tokens),
    concurrent,
    'USD a day': budget?.day,
    'USD a month': budget?.month,
  })
}

function ratePhrase(rate: Rate): string {
  const short = typeof rateOut(rate) === 'string'
  return short ? rateText(rate) : `${rateText(rate)} (${rate.burst} at once)`
}

export function consumerText({ demo, description, team, priority, origins }: ConsumerState): string {
  return facts({ demo: demo || undefined, team, priority, origins: origins?.join(' '), description })
}

export function cacheText({ scope, ttlMs, staleMs, answerBytesMax, semantic }: CachePolicy): string {
  return facts({
    scope,
    ttl: durationText(ttlMs),
    stale: staleMs === 0 ? undefined : durationText(staleMs),
    answer: sizeText(answerBytesMax),
    semantic:
      semantic &&
      `${semantic.mode} by ${semantic.model} from ${semantic.similarityMin} on, within ${durationText(semantic.timeoutMs)}`,
  })
}

export function issuerText(state: IssuerState): string {
  const { issuer, jwksUrl, audience, algorithms, clockSkewMs, consumer, team, permissions } = state
  return facts({
    issuer,
    jwks: jwksUrl,
    audience: audience.join(' '),
    algorithms: algorithms.join(' '),
    clockSkew: durationText(clockSkewMs),
    consumer: claimText(consumer),
    team: team && claimText(team),
    permissions: permissions.map(ruleText).join('; '),
  })
}

function claimText({ claim, values }: ClaimMap): string {
  if (!values) return claim
  return `${claim} (${facts(values)})`
}

function ruleText({ claim, value, permissions, models }: PermissionRule): string {
  const who = claim === undefined ? 'all' : `${claim} ${value}`
  return `${who} may ${permissions.join(', ')}${models ? ` on ${models.join(', ')}` : ''}`
}
