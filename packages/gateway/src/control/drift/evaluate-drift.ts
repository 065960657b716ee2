import { type Drift, type DriftOfMany, type DriftSketch, drift, driftOfMany } from '@astraapi/statistics'
import type { Contract } from '../../kernel/catalog.ts'
import type { DriftPolicy } from '../../kernel/contract-policies.ts'
import { currentVersion } from '../../kernel/current-version.ts'
import { type DriftReports, type DriftSum, type Feature, hourMs, valuesIn } from '../../kernel/drift.ts'
import { featuresOf } from '../../kernel/drift-features.ts'

export interface FeatureDrift {
  readonly feature: Feature
  readonly found: Drift
  readonly reference: DriftSketch | undefined
  readonly current: DriftSketch | undefined
}

export interface VersionDrift {
  readonly version: string
  readonly features: readonly FeatureDrift[]
  readonly ofMany: DriftOfMany
}

export interface FoundDrift {
  readonly policy: DriftPolicy
  readonly features: readonly Feature[]
  /** Features that the schemas would give beyond those. */
  readonly leftOut: number
  /** The current window: hours since the Unix epoch, from (inclusive), to (exclusive). */
  readonly window: Hours
  /** Each against its own reference. */
  readonly versions: readonly VersionDrift[]
  /** Each against the base, in those hours of the window in which both have values. Empty where one version alone answered. */
  readonly pairs: readonly VersionDrift[]
  /** Whom the pairs are held against. */
  readonly base: string | undefined
}

interface Hours {
  readonly from: number
  readonly to: number
}

/**
 * Either side needs so many values. With fewer a test sees only what leaps to the eye, and finds that nothing drifts for want of calls.
 */
const valuesMin = 100
/**
 * Of all features of a version together (Bonferroni), each time one looks. Looks at windows of one day overlap, but not wholly: of days
 * on which nothing drifts about five times as many have an alarm as one look errs (simulated; see docs/drift.md), so about one in a
 * hundred. Evidently has 5 % for each feature and look.
 */
const alpha = 0.002

/** What of a contract is looked at. */
export type DriftContract = Pick<
  Contract,
  'model' | 'major' | 'task' | 'published' | 'drift' | 'versions' | 'split' | 'experiment'
>

/** What drifts of a contract; undefined where it declares no drift. Rejects with `store_unavailable`. */
export async function evaluateDrift(
  contract: DriftContract,
  reports: Pick<DriftReports, 'sums'>,
  now: number,
): Promise<FoundDrift | undefined> {
  const { model, major, drift: policy } = contract
  if (!policy) return undefined
  const { features, leftOut } = featuresOf(contract)
  const days = referenceHours(policy)
  const window = windowOf(policy, days, now)
  const of = { model, major }
  const everFirst = { ...of, from: 0, to: Number.MAX_SAFE_INTEGER, first: true }
  const [references, currents, firsts] = await Promise.all([
    reports.sums(days ? { ...of, ...days } : everFirst),
    reports.sums({ ...of, ...window, ...(days ? {} : { first: false }) }),
    // Those that are not among the latter already.
    days ? [] : reports.sums({ ...of, ...window, first: true }),
  ])
  const [reference, current] = [byVersion(references), byVersion(currents)]
  const live = new Set([...currents, ...firsts].map(({ version }) => version))
  const deployed = [...contract.versions.keys()]
  const base = currentVersion(contract, (id) => live.has(id))?.id
  const besides = async (base: string, version: string): Promise<VersionDrift> => {
    const both = byVersion(await reports.sums({ ...of, ...window, both: [base, version] }))
    const sides = { before: both.get(base), now: both.get(version) }
    return compare(version, features, { ...sides, names: [`of ${base}`, `of ${version} in the hours of both`] })
  }
  return {
    ...{ policy, features, leftOut, window, base },
    versions: deployed
      .filter((version) => reference.has(version) || current.has(version))
      .map((version) => {
        const sides = { before: reference.get(version), now: current.get(version) }
        return compare(version, features, { ...sides, names: ['in the reference', 'now'], policy })
      }),
    pairs: await Promise.all(
      deployed.flatMap((version) =>
        base !== undefined && version !== base && live.has(version) ? [besides(base, version)] : [],
      ),
    ),
  }
}

/** Declared days as hours; both are included. */
export function referenceHours({ reference }: DriftPolicy): Hours | undefined {
  if (!reference) return undefined
  return { from: Date.parse(reference.from) / hourMs, to: Date.parse(reference.to) / hourMs + 24 }
}

/** Whole hours, the present one among them; never those of the reference, which would be held against themselves. */
function windowOf({ windowMs }: DriftPolicy, days: Hours | undefined, now: number): Hours {
  const to = Math.floor(now / hourMs) + 1
  return { from: Math.min(to, Math.max(Math.floor((now - windowMs) / hourMs), days?.to ?? 0)), to }
}

type Sketches = ReadonlyMap<string, DriftSketch>
type Sums = ReadonlyMap<string, Sketches>

function byVersion(sums: readonly DriftSum[]): Sums {
  const versions = new Map<string, Map<string, DriftSketch>>()
  for (const { version, feature, sketch } of sums) {
    const known = versions.get(version) ?? new Map<string, DriftSketch>()
    versions.set(version, known.set(feature, sketch))
  }
  return versions
}

interface Sides {
  readonly before: Sketches | undefined
  readonly now: Sketches | undefined
  /** For people: "100 values in the reference and 20 now". */
  readonly names: readonly [before: string, now: string]
  /** Where the reference is the version's own, and may not be there yet. */
  readonly policy?: DriftPolicy
}

function compare(version: string, features: readonly Feature[], sides: Sides): VersionDrift {
  const options = { rowsMin: valuesMin, alpha: alpha / Math.max(1, features.length) }
  const compared = features.map((feature): FeatureDrift => {
    const [reference, current] = [sides.before?.get(feature.key), sides.now?.get(feature.key)]
    const wanting = wantingReference(reference, sides.policy)
    const found = wanting === undefined && reference && current ? drift(reference, current, options) : undefined
    // Too few values may still tell that they are missing more often.
    if (found && found.outcome !== 'unknown') return { feature, reference, current, found }
    const reason = wanting ?? wantingValues(reference, current, sides.names) ?? found?.reason ?? 'no values'
    return { feature, reference, current, found: { outcome: 'unknown', reason } }
  })
  const byName = Object.fromEntries(compared.map(({ feature, found }) => [feature.name, found]))
  return { version, features: compared, ofMany: driftOfMany(byName) }
}

/** Until its first values are all there, those that come belong to the reference. */
function wantingReference(reference: DriftSketch | undefined, policy: DriftPolicy | undefined): string | undefined {
  const values = countedIn(reference)
  if (!policy) return undefined
  if (policy.reference) return values === 0 ? `no values in the reference, ${daysOf(policy.reference)}` : undefined
  return values < policy.first ? `too few to say: ${values} of the first ${policy.first} values are there` : undefined
}

function daysOf({ from, to }: { readonly from: string; readonly to: string }): string {
  return from === to ? from : `${from} to ${to}`
}

function wantingValues(
  reference: DriftSketch | undefined,
  current: DriftSketch | undefined,
  [before, now]: Sides['names'],
): string | undefined {
  const [n, m] = [countedIn(reference), countedIn(current)]
  if (Math.min(n, m) >= valuesMin) return undefined
  return `too few to say: ${n} values ${before} and ${m} ${now}, of ${valuesMin} in each`
}

/** Numbers that are missing tell nothing of the others. */
function countedIn(sketch: DriftSketch | undefined): number {
  return sketch ? valuesIn(sketch) : 0
}
