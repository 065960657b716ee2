import type { ConsumerState, Priority, TeamState } from '../../kernel/catalog-state.ts'
import type { Violation } from '../../kernel/errors.ts'
import { didYouMean } from '../../kernel/schema/nearest.ts'
import type { Schema } from '../../kernel/schema/schema.ts'
import { withoutUndefined } from '../operations/without-undefined.ts'
import { closed, list, text } from './forms.ts'
import type { FaultAt, Place } from './manifest.ts'
import {
  type ManifestLimits,
  ownerLimitFaults,
  ownerLimitsForm,
  ownerLimitsOf,
  ownerLimitsOut,
} from './owner-limits.ts'

export interface ManifestTeam {
  readonly description?: string
  readonly limits?: ManifestLimits
}

export interface ManifestConsumer {
  readonly description?: string
  readonly demo?: boolean
  readonly team?: string
  readonly priority?: Priority
  readonly origins?: readonly string[]
  readonly limits?: ManifestLimits
}

export const teamForm: Schema = closed({}, { description: text, limits: ownerLimitsForm })

export const consumerForm: Schema = closed(
  {},
  {
    description: text,
    demo: { type: 'boolean' },
    team: text,
    priority: { type: 'string', enum: ['high', 'normal', 'low'] },
    origins: list(text, 100),
    limits: ownerLimitsForm,
  },
)

/** What the form cannot say of a consumer. */
export function consumerFaults(
  { team, origins = [], limits = {} }: ManifestConsumer,
  teams: readonly string[],
  place: Place,
  faultAt: FaultAt,
): Violation[] {
  const faults = origins.flatMap((origin, i) => originFaults(origin, [...place, 'origins', String(i)], faultAt))
  if (team !== undefined && !teams.includes(team)) {
    const advice = didYouMean(team, teams).suggestion ?? `Declare it: teams: {${team}: {}}.`
    faults.push(faultAt([...place, 'team'], 'is no team of this manifest', advice))
  }
  return [...faults, ...ownerLimitFaults(limits, [...place, 'limits'], faultAt)]
}

/** Nobody calls as one of the gateway's own consumers, so nothing can be said of who may. */
export function internalFaults(declared: ManifestConsumer, place: Place, faultAt: FaultAt): Violation[] {
  const message = "means nothing of one of the gateway's own consumers: nobody has a key of it"
  return (['demo', 'origins'] as const).flatMap((field) =>
    declared[field] ? [faultAt([...place, field], message, 'Leave it out.')] : [],
  )
}

/** RFC 6454: scheme, host and port as browsers send them, so that comparing texts is enough. */
function originFaults(origin: string, place: Place, faultAt: FaultAt): Violation[] {
  if (origin === '*') return [faultAt(place, 'would let the pages of everybody call', 'List each origin.')]
  const url = URL.parse(origin)
  const web = url !== null && ['http:', 'https:'].includes(url.protocol)
  if (web && url.origin === origin) return []
  const message = 'must be an origin as browsers send it, such as https://shop.example.com'
  return [faultAt(place, message, web ? `Write "${url.origin}".` : undefined)]
}

export function consumerOf(declared: ManifestConsumer): ConsumerState {
  const { demo = false, limits, ...rest } = declared
  return withoutUndefined({ ...rest, demo, limits: ownerLimitsOf(limits) })
}

export function consumerOut({ demo, limits, ...rest }: ConsumerState): ManifestConsumer {
  return withoutUndefined({ ...rest, demo: demo || undefined, limits: ownerLimitsOut(limits) })
}

export function teamOf({ limits, ...rest }: ManifestTeam): TeamState {
  return withoutUndefined({ ...rest, limits: ownerLimitsOf(limits) })
}

export function teamOut({ limits, ...rest }: TeamState): ManifestTeam {
  return withoutUndefined({ ...rest, limits: ownerLimitsOut(limits) })
}
