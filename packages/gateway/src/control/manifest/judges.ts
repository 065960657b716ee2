import type { Judge } from '../../kernel/contract-policies.ts'
import type { Violation } from '../../kernel/errors.ts'
import { didYouMean } from '../../kernel/schema/nearest.ts'
import type { Schema } from '../../kernel/schema/schema.ts'
import { withoutUndefined } from '../operations/without-undefined.ts'
import { type Target, targetOf } from './check-experiment.ts'
import { contractsOf, type NamedContract } from './contracts-of.ts'
import { closed, map, text } from './forms.ts'
import type { FaultAt, Manifest, ManifestContract, Place } from './manifest.ts'
import { ownEntry } from './own-entry.ts'

/** Who judges a contract's answers, as people write it. */
export interface ManifestJudge {
  /** "helpful-judge", or "helpful-judge@v1" where it is not the default major. */
  readonly model: string
  readonly version: string
  readonly share: number
  readonly value?: string
  readonly comment?: string
}

const usual = { value: '/score', comment: '/reason' } as const
export const defaultComment = usual.comment
const pointer: Schema = { type: 'string', maxLength: 200, examples: ['/score'] }

export const judgesForm: Schema = map(
  closed(
    {
      model: { ...text, examples: ['helpful-judge@v1'] },
      version: text,
      share: { type: 'number', exclusiveMinimum: 0, maximum: 1 },
    },
    { value: pointer, comment: pointer },
  ),
  1,
)

/** What the form cannot say of judges; whether they can read what they are asked, `checkJudges` tells. Contracts that are not sound are passed over. */
export function judgeFaults(manifest: Manifest, faultAt: FaultAt, sound: (place: Place) => boolean): Violation[] {
  const judged = contractsOf(manifest).filter(({ contract, place }) => contract?.judges && sound(place))
  return judged.flatMap(({ name, place, contract }) =>
    Object.entries(contract?.judges ?? {}).flatMap(([metric, judge]) => {
      const at: At = (keys, message, suggestion) => faultAt([...place, 'judges', metric, ...keys], message, suggestion)
      return [
        ...metricFaults(metric, contract, at),
        ...modelFaults(name, judge, manifest, at, sound),
        ...pointerFaults(judge, at),
      ]
    }),
  )
}

type At = (keys: readonly string[], message: string, suggestion?: string) => Violation

function metricFaults(metric: string, contract: NamedContract['contract'], at: At): Violation[] {
  const { metrics = {} } = contract ?? {}
  const declared = ownEntry(metrics, metric)
  if (!declared) {
    const hint = `Declare it: metrics: {${metric}: {type: number, min: 1, max: 5, source: judge}}.`
    const { suggestion = hint } = didYouMean(metric, Object.keys(metrics))
    return [at([], 'is no metric of this contract', suggestion)]
  }
  if (declared.source !== 'judge') {
    return [at([], 'is a metric that a judge has no say in', `Give the metric "source: judge".`)]
  }
  // What is judged may talk its judge into any number: of one without bounds a single answer would outweigh all others.
  if (declared.type === 'boolean' || (declared.min !== undefined && declared.max !== undefined)) return []
  return [at([], 'speaks of a number without both bounds', 'Give the metric its "min" and "max", as min: 1, max: 5.')]
}

function modelFaults(
  judged: string,
  judge: ManifestJudge,
  manifest: Manifest,
  at: At,
  sound: (place: Place) => boolean,
): Violation[] {
  const target = targetOf(judge, manifest)
  if (!target) {
    const known = contractsOf(manifest).flatMap(({ name }) => [name, name.replace(/@v\d+$/, '')])
    const { suggestion } = didYouMean(judge.model, known)
    return [at(['model'], `is no model or contract of this manifest: "${judge.model}"`, suggestion)]
  }
  const circle = circleFrom(judged, target, manifest, sound)
  if (circle) return [at(['model'], circle, 'Take a judge that neither is nor is judged by this contract.')]
  const versions = sound(placeOf(target)) ? contractAt(target, manifest)?.versions : undefined
  if (!versions) return []
  const pinned = ownEntry(versions, judge.version)
  if (pinned?.retired) return [at(['version'], 'was retired and takes no calls', 'Take another version.')]
  if (pinned) return []
  const live = Object.keys(versions).filter((id) => !versions[id]?.retired)
  const message = `is no version of ${nameOf(target)}; there are ${live.slice(0, 10).join(', ')}`
  return [at(['version'], message, didYouMean(judge.version, live).suggestion)]
}

/** RFC 6901; "" is the whole output. */
function pointerFaults(judge: ManifestJudge, at: At): Violation[] {
  return (['value', 'comment'] as const).flatMap((field) => {
    const pointer = judge[field] ?? ''
    if (pointer === '' || pointer.startsWith('/')) return []
    return [at([field], 'must be a JSON Pointer into what the judge answers', `Did you mean "/${pointer}"?`)]
  })
}

/** Who is judged by itself, by way of others too, would be its own measure. */
function circleFrom(
  judged: string,
  first: Target,
  manifest: Manifest,
  sound: (place: Place) => boolean,
): string | undefined {
  if (nameOf(first) === judged) return 'would judge itself'
  const seen = new Set<string>()
  const open = [first]
  for (let target = open.pop(); target; target = open.pop()) {
    const name = nameOf(target)
    if (name === judged) return `is judged by ${judged} in its turn`
    if (seen.has(name) || !sound(placeOf(target))) continue
    seen.add(name)
    for (const judge of Object.values(contractAt(target, manifest)?.judges ?? {})) {
      const next = targetOf(judge, manifest)
      if (next) open.push(next)
    }
  }
  return undefined
}

const nameOf = ({ model, major }: Target) => `${model}@v${major}`
const placeOf = ({ model, major }: Target): Place => ['models', model, 'contracts', `v${major}`]

function contractAt({ model, major }: Target, { models }: Manifest): ManifestContract | undefined {
  return models[model]?.contracts[`v${major}`]
}

/** Of sound declarations; undefined where there are none. */
export function judgesOf(
  judges: Readonly<Record<string, ManifestJudge>> | undefined,
  manifest: Manifest,
): Readonly<Record<string, Judge>> | undefined {
  const entries = Object.entries(judges ?? {}).flatMap(([metric, declared]) => {
    const target = targetOf(declared, manifest)
    const { version, share, value = usual.value, comment = usual.comment } = declared
    return target ? [[metric, { ...target, version, share, value, comment }] as const] : []
  })
  return entries.length > 0 ? Object.fromEntries(entries) : undefined
}

export function judgeOut({ model, major, version, share, value, comment }: Judge): ManifestJudge {
  return withoutUndefined({
    model: nameOf({ model, major }),
    version,
    share,
    value: value === usual.value ? undefined : value,
    comment: comment === usual.comment ? undefined : comment,
  })
}
