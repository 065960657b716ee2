import type { Shadow } from '../../kernel/contract-policies.ts'
import type { Violation } from '../../kernel/errors.ts'
import type { TrafficRule } from '../../kernel/experiment.ts'
import { didYouMean } from '../../kernel/schema/nearest.ts'
import type { Schema } from '../../kernel/schema/schema.ts'
import { withoutUndefined } from '../operations/without-undefined.ts'
import { contractsOf } from './contracts-of.ts'
import { closed, list, map, text } from './forms.ts'
import type { FaultAt, Manifest, Place } from './manifest.ts'
import { ownEntry } from './own-entry.ts'
import { compareFaults } from './shadow-form.ts'

/** Who meets a version ahead of all weights: all that `when` names must hold. One name may stand without its list. */
export interface ManifestRule {
  readonly version: string
  readonly when: {
    readonly consumers?: string | readonly string[]
    readonly teams?: string | readonly string[]
    readonly tags?: Readonly<Record<string, string>>
    readonly claims?: Readonly<Record<string, string>>
  }
}

export const rulesMax = 100
const names: Schema = { oneOf: [text, list(text, 1000)] }
const values: Schema = map({ ...text, maxLength: 256 }, 1)

export const rulesForm: Schema = list(
  closed({
    version: text,
    when: { ...closed({}, { consumers: names, teams: names, tags: values, claims: values }), minProperties: 1 },
  }),
  rulesMax,
)

/** What sends calls elsewhere than weights do. */
export interface Steering {
  readonly rules?: readonly Pick<ManifestRule, 'version'>[]
  readonly shadow?: Shadow
}

/** Versions of rules and of the shadow that are none, or retired; and what cannot be compared so. */
export function steeringFaults(
  { rules = [], shadow }: Steering,
  versions: Readonly<Record<string, { readonly retired?: object }>>,
  at: Place,
  faultAt: FaultAt,
): Violation[] {
  const live = Object.keys(versions).filter((id) => !versions[id]?.retired)
  const versionFaults = (id: string, place: Place) => {
    const version = ownEntry(versions, id)
    if (version?.retired) return [faultAt(place, 'was retired and takes no calls', 'Take another version.')]
    return version ? [] : [faultAt(place, 'is no version of this contract', didYouMean(id, live).suggestion)]
  }
  return [
    ...rules.flatMap(({ version }, i) => versionFaults(version, [...at, 'rules', String(i), 'version'])),
    ...(shadow ? versionFaults(shadow.version, [...at, 'shadow', 'version']) : []),
    ...(shadow ? compareFaults(shadow, [...at, 'shadow'], faultAt) : []),
  ]
}

/** Consumers and teams of rules that nobody is. Contracts that are not sound are passed over. */
export function ruleCallerFaults(manifest: Manifest, faultAt: FaultAt, sound: (place: Place) => boolean): Violation[] {
  const known = { consumers: Object.keys(manifest.consumers), teams: Object.keys(manifest.teams) }
  return contractsOf(manifest).flatMap(({ contract, place }) => {
    const rules = sound(place) ? (contract?.traffic?.rules ?? []) : []
    return callerFaults(rules, known, [...place, 'traffic'], faultAt)
  })
}

/** The same of one contract's rules. */
export function callerFaults(
  rules: readonly ManifestRule[],
  known: { readonly consumers: readonly string[]; readonly teams: readonly string[] },
  at: Place,
  faultAt: FaultAt,
): Violation[] {
  const names = { consumers: consumerNames(known.consumers), teams: known.teams }
  return rules.flatMap(({ when }, i) =>
    (['consumers', 'teams'] as const).flatMap((kind) =>
      (listOf(when[kind]) ?? []).flatMap((name, j) => {
        if (names[kind].includes(name)) return []
        const place = [...at, 'rules', String(i), 'when', kind]
        const message = `is no ${kind.slice(0, -1)} of this manifest: "${name}"`
        const listed = typeof when[kind] === 'string' ? place : [...place, String(j)]
        return [faultAt(listed, message, didYouMean(name, names[kind]).suggestion)]
      }),
    ),
  )
}

/** Who may call: those that are declared, and who has the admin key. */
export function consumerNames(declared: readonly string[]): readonly string[] {
  return [...declared, 'admin']
}

/** With lists alone. */
interface RuleOut extends ManifestRule {
  readonly when: Omit<TrafficRule, 'version'>
}

export function ruleOf({ version, when }: ManifestRule): TrafficRule {
  const { consumers, teams, tags, claims } = when
  return withoutUndefined({ version, consumers: listOf(consumers), teams: listOf(teams), tags, claims })
}

export function ruleOut({ version, ...when }: TrafficRule): RuleOut {
  return { version, when }
}

function listOf(names: string | readonly string[] | undefined): readonly string[] | undefined {
  return typeof names === 'string' ? [names] : names
}
