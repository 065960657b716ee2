import Type from 'typebox'
import { AstraError, type Violation } from '../../kernel/errors.ts'
import type { Limits } from '../../kernel/limits.ts'
import { type ManifestLimits, ownerLimitFaults, ownerLimitsOf, ownerLimitsOut } from '../manifest/owner-limits.ts'
import { closed } from './schemas.ts'

const rate = Type.Optional(
  Type.Unsafe<string | { readonly rate: string; readonly burst?: number }>({
    description: '"100/minute", or {"rate": "100/minute", "burst": 20}',
    oneOf: [
      { type: 'string', maxLength: 64 },
      closed({
        rate: Type.String({ maxLength: 64 }),
        burst: Type.Optional(Type.Number({ minimum: 1, maximum: 1e12 })),
      }),
    ],
  }),
)
const usd = Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1_000_000_000, description: 'USD' }))

/** As the manifest has the limits of consumers and teams. */
export const limitsSchema = closed({
  requests: rate,
  items: rate,
  tokens: rate,
  concurrent: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
  budget: Type.Optional(
    Type.Object({ day: usd, month: usd }, { additionalProperties: false, examples: [{ day: 20 }] }),
  ),
})

/** Throws `invalid_input` with every rate that is none; undefined for limits that say nothing. */
export function limitsFrom(declared: ManifestLimits): Limits | undefined {
  const violations = ownerLimitFaults(declared, ['limits'], (place, message, suggestion): Violation => {
    const path = `/${place.join('/')}`
    return suggestion === undefined ? { path, message } : { path, message, suggestion }
  })
  const [one] = violations
  if (one) throw new AstraError('invalid_input', { detail: `${one.path} ${one.message}`, violations })
  return ownerLimitsOf(declared)
}

export const limitsOut = ownerLimitsOut
