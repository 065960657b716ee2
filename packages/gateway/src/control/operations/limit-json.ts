import Type, { type Static } from 'typebox'
import { type LimitStatus, limitKinds, ownerKinds, type RefusedBy } from '../../kernel/limits.ts'
import { choice, closed, milliseconds } from './schemas.ts'
import { withoutUndefined } from './without-undefined.ts'

const status = {
  owner: closed({ kind: choice(ownerKinds), name: Type.String() }),
  kind: choice(limitKinds),
  limit: Type.Number({ description: 'The amount of an interval, the most at once, or USD' }),
  windowMs: Type.Optional(Type.Number({ description: 'Interval of a rate or budget, ms' })),
  burst: Type.Optional(Type.Number({ description: 'The most at once, where that is another than the limit' })),
  remaining: Type.Number({ description: 'What could be had at once' }),
  resetMs: Type.Number({
    description: 'Until all of it could be had again, ms; 0 of calls in flight, as nobody knows when one ends',
  }),
}

/** A bound and its use, as JSON. */
export const limitSchema = closed(status)

/** The bound that refused a call, as it was then. */
export const refusedBySchema = closed({ ...status, retryAfterMs: Type.Optional(milliseconds) })

export function limitJson(limit: LimitStatus): Static<typeof limitSchema> {
  return withoutUndefined({ ...limit, owner: { ...limit.owner } })
}

export function refusedByJson(refusedBy: RefusedBy): Static<typeof refusedBySchema> {
  return withoutUndefined({ ...refusedBy, owner: { ...refusedBy.owner } })
}
