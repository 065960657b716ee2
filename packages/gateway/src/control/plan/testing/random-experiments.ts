import fc from 'fast-check'
import type { CatalogState } from '../../../kernel/catalog-state.ts'
import type { Shadow } from '../../../kernel/contract-policies.ts'
import type { ShadowCompare } from '../../../kernel/shadow.ts'
import { withExperiment } from '../../catalog/change-experiment.ts'
import { isOver } from '../../catalog/held-traffic.ts'
import type { ManifestAllocation } from '../../manifest/allocation.ts'
import type { ManifestExperiment, ManifestGuardrail } from '../../manifest/experiment.ts'
import type { ManifestMetric } from '../../manifest/feedback-metrics.ts'
import type { ManifestModel } from '../../manifest/manifest.ts'
import type { ManifestRule } from '../../manifest/traffic-rules.ts'
import type { ExperimentChange } from '../../operations/ports.ts'

/** Who meets which version, what feedback says, and experiments: parts of manifests without faults. */
const some = { requiredKeys: [] }
const text = fc.constantFrom('yes', '1.10', 'null', 'constructor', 'a: b # c', 'ü')

type Of<T> = (live: readonly string[]) => T

export const randomMetrics: fc.Arbitrary<Readonly<Record<string, ManifestMetric>>> = fc.dictionary(
  fc.constantFrom('correct', 'score.b', 'constructor'),
  fc.record(
    {
      type: fc.constantFrom('boolean' as const, 'number' as const),
      optimise: fc.constantFrom('min' as const, 'max' as const),
      source: fc.constantFrom('user' as const, 'ground_truth' as const),
      consumers: fc.constant(['admin']),
      description: text,
    },
    { requiredKeys: ['type'] },
  ),
  { minKeys: 1 },
)

const values = fc.dictionary(text, text, { minKeys: 1 })
const when = fc
  .record({ consumers: fc.constantFrom('admin', ['admin']), tags: values, claims: values }, some)
  .filter((when) => Object.keys(when).length > 0)

export const randomRules: fc.Arbitrary<Of<readonly ManifestRule[]>> = fc
  .array(fc.tuple(when, fc.nat(9)), { minLength: 1, maxLength: 3 })
  .map((rules) => (live) => rules.map(([when, i]) => ({ version: nth(live, i), when })))

const compare = fc.constantFrom<ShadowCompare>(
  { measure: 'text', tolerance: 0.2 },
  { measure: 'json', ignore: ['/score', '/a~1b/0'] },
  { ignore: ['/*/at'] },
  { measure: 'label' },
)
export const randomShadow: fc.Arbitrary<Of<Shadow>> = fc
  .tuple(fc.nat(9), fc.double({ min: 1e-6, max: 1, noNaN: true }), fc.option(compare, { nil: undefined }))
  .map(([i, share, compare]) => (live) => ({ version: nth(live, i), share, ...(compare ? { compare } : {}) }))

// Shorter than any end below.
const window = fc.constantFrom('1ms', '90m', '24h', '1d', '1.25d')
const coverage = fc.double({ min: 1e-6, max: 1, noNaN: true })
const guardrail: fc.Arbitrary<string | ManifestGuardrail> = fc.constantFrom(
  'errors',
  { metric: 'latency-p99.9', margin: '20%' },
  { metric: 'first-chunk', margin: '+50 ms', prove: 'safe' as const },
  { metric: 'tokens', margin: 12.5 },
  { metric: 'refusals', margin: '0.7 points', prove: 'harm' as const },
  { metric: 'cost-p50', margin: '7 %' },
)

const nameOf = (one: string | ManifestGuardrail) => (typeof one === 'string' ? one : one.metric)
const fields = fc.record(
  {
    description: text,
    coverage,
    attribution: window,
    guardrails: fc.uniqueArray(guardrail, { selector: nameOf }),
    alpha: fc.constantFrom(0.01, 0.05, 0.1),
    harmAlpha: fc.constantFrom(0.01, 0.02),
    allocation: fc.constantFrom<ManifestAllocation>(
      { method: 'fixed' },
      { method: 'thompson' },
      { method: 'track-and-stop', every: '1.5h', least: 0.07 },
    ),
    expectedUnits: fc.integer({ min: 100, max: 100_000 }),
    minimalUnits: fc.integer({ min: 2, max: 1000 }),
    minimalDuration: fc.constantFrom('1s', '1d', '1.5d'),
    maximalDuration: fc.constantFrom('2d', '36h', '90d'),
    rule: fc.constantFrom('advise' as const, 'automatic' as const),
    cached: fc.boolean(),
    state: fc.constantFrom('draft' as const, 'running' as const),
  },
  some,
)
const ramp = fc
  .uniqueArray(coverage, { minLength: 1, maxLength: 4 })
  .map((steps) =>
    steps.sort((a, b) => a - b).map((coverage, i) => ({ coverage, ...(i < steps.length - 1 ? { for: '1.5h' } : {}) })),
  )
const part = fc.oneof(fc.integer({ min: 1, max: 100 }), fc.double({ min: 0.001, max: 10, noNaN: true }))

/** One for each contract with two live versions or more. */
export function randomExperiments(
  models: Readonly<Record<string, ManifestModel>>,
): fc.Arbitrary<Readonly<Record<string, ManifestExperiment>>> {
  const possible = Object.entries(models).flatMap(([model, { contracts }]) =>
    Object.entries(contracts).flatMap(([major, { versions, metrics = {} }]) => {
      const [control, ...candidates] = Object.keys(versions).filter((id) => !versions[id]?.retired)
      if (control === undefined || candidates.length === 0) return []
      const choice = fc.tuple(fields, fc.option(ramp, { nil: undefined }), fc.option(part, { nil: undefined }))
      const declared = choice.map(([{ coverage, ...rest }, ramp, part]): ManifestExperiment => {
        const shares = part && Object.fromEntries([control, ...candidates].map((id, i) => [id, i === 0 ? part : 1]))
        return {
          model: `${model}@${major}`,
          control,
          candidates,
          metrics: rest.allocation ? ['invalid-output'] : [...Object.keys(metrics), 'invalid-output'],
          ...(ramp ? { ramp } : coverage === undefined ? {} : { coverage }),
          ...(shares ? { shares } : {}),
          ...rest,
        }
      })
      return [[`${model}-${major}`, declared] as const]
    }),
  )
  return fc
    .record(Object.fromEntries(possible), some)
    .map((found) => Object.fromEntries(Object.entries(found).flatMap(([name, one]) => (one ? [[name, one]] : []))))
}

/** For one experiment after the other, from its start on; none: it stays as it was declared. */
export const randomChanges: fc.Arbitrary<readonly (readonly ExperimentChange[])[]> = fc.array(
  fc.constantFrom<readonly ExperimentChange[]>(
    [],
    [{ action: 'step' }],
    [{ action: 'pause', reason: 'why' }],
    [{ action: 'promote' }],
    [{ action: 'stop', reason: 'enough' }],
  ),
  { minLength: 1, maxLength: 4 },
)

/** Those that are not allowed are left out. */
export function withChanges(state: CatalogState, asked: readonly (readonly ExperimentChange[])[]): CatalogState {
  let now = state
  for (const [i, [name, { candidates, progress }]] of Object.entries(state.experiments ?? {}).entries()) {
    const changes = asked[i % asked.length] ?? []
    const all = changes.length > 0 && progress.status === 'draft' ? [{ action: 'start' as const }, ...changes] : changes
    for (const change of all) {
      if (isOver(now.experiments?.[name]?.progress.status ?? 'draft')) break
      const named = change.action === 'promote' ? { ...change, winner: nth(candidates, i) } : change
      if (named.action === 'step' && state.experiments?.[name]?.ramp.length === 1) continue
      now = withExperiment(now, name, named, { by: 'me', at: progress.since + 1000 })
    }
  }
  return now
}

function nth(live: readonly string[], i: number): string {
  return live[i % live.length] ?? ''
}
