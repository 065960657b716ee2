import type { Violation } from '../../kernel/errors.ts'
import type { Budget, Limits } from '../../kernel/limits.ts'
import { explain } from '../../kernel/schema/explain.ts'
import { isJsonObject, pathKeys } from '../../kernel/schema/facets.ts'
import type { Schema } from '../../kernel/schema/schema.ts'
import { withoutUndefined } from '../operations/without-undefined.ts'
import { closed } from './forms.ts'
import type { FaultAt, Place } from './manifest.ts'
import { type ManifestRate, parseRate, rateForm, rateMeant, rateOf, rateOut, rateWords } from './rate.ts'

/** The limits of a consumer, team, model, version or key, as people write them. */
export interface ManifestLimits {
  readonly requests?: ManifestRate
  readonly items?: ManifestRate
  readonly tokens?: ManifestRate
  readonly concurrent?: number
  readonly budget?: Budget
}

const rated = ['requests', 'items', 'tokens'] as const

const usd: Schema = { type: 'number', exclusiveMinimum: 0, maximum: 1_000_000_000, description: 'USD' }

/** Rates are left to `ownerLimitFaults`, which knows what was meant by those that are none. */
export const ownerLimitsForm: Schema = closed(
  {},
  {
    requests: {},
    items: {},
    tokens: {},
    concurrent: { type: 'integer', minimum: 1, maximum: 1_000_000 },
    budget: { ...closed({}, { day: usd, month: usd }), minProperties: 1 },
  },
)

/** What the form cannot say of limits. */
export function ownerLimitFaults(limits: ManifestLimits, place: Place, faultAt: FaultAt): Violation[] {
  return rated.flatMap((kind) =>
    limits[kind] === undefined ? [] : rateFaults(limits[kind], [...place, kind], faultAt),
  )
}

function rateFaults(declared: unknown, place: Place, faultAt: FaultAt): Violation[] {
  if (isJsonObject(declared)) {
    const form = explain(rateForm, declared, '')
    if (form.length === 0) return rateFaults(declared.rate, [...place, 'rate'], faultAt)
    return form.map(({ path, message, suggestion }) => faultAt([...place, ...pathKeys(path)], message, suggestion))
  }
  if (typeof declared === 'string' && parseRate(declared)) return []
  return [faultAt(place, rateWords, rateMeant(String(declared)).suggestion)]
}

/** Limits that say nothing are none. */
export function ownerLimitsOf(declared: ManifestLimits | undefined): Limits | undefined {
  if (!declared || Object.keys(declared).length === 0) return undefined
  const rate = (declared: ManifestRate | undefined) => (declared === undefined ? undefined : rateOf(declared))
  const { requests, items, tokens, concurrent, budget } = declared
  return withoutUndefined({
    requests: rate(requests),
    items: rate(items),
    tokens: rate(tokens),
    concurrent,
    budget,
  })
}

export function ownerLimitsOut(limits: Limits | undefined): ManifestLimits | undefined {
  if (!limits) return undefined
  const { requests, items, tokens, concurrent, budget } = limits
  return withoutUndefined({
    requests: requests && rateOut(requests),
    items: items && rateOut(items),
    tokens: tokens && rateOut(tokens),
    concurrent,
    budget,
  })
}
