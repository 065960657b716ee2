import { planDefaults } from '@astraapi/statistics'
import type { ExperimentMetric, ExperimentState, FeedbackMetric, RampStep } from '../../kernel/experiment.ts'
import type { Schema } from '../../kernel/schema/schema.ts'
import { withoutUndefined } from '../operations/without-undefined.ts'
import { allocationForm, allocationOf, allocationOut, type ManifestAllocation } from './allocation.ts'
import { closed, duration, list, map, text } from './forms.ts'
import { type ManifestMargin, marginText, parseMargin } from './margin.ts'
import { metricNamed } from './metric-names.ts'
import { longDurationText, parseLongDuration } from './quantities.ts'

/** An A/B test between versions of one contract, as people write it. */
export interface ManifestExperiment {
  readonly description?: string
  /** "spam", or "spam@v1" where it is not the default major. */
  readonly model: string
  readonly control?: string
  readonly candidates: readonly string[]
  readonly shares?: Readonly<Record<string, number>>
  readonly allocation?: ManifestAllocation
  /** Where there is no ramp: the share of the units that take part. */
  readonly coverage?: number
  readonly ramp?: readonly { readonly coverage: number; readonly for?: string }[]
  readonly attribution?: string
  readonly metrics: readonly string[]
  readonly guardrails?: readonly (string | ManifestGuardrail)[]
  readonly alpha?: number
  readonly harmAlpha?: number
  readonly expectedUnits?: number
  readonly minimalUnits?: number
  readonly minimalDuration?: string
  readonly maximalDuration?: string
  readonly rule?: 'advise' | 'automatic'
  readonly cached?: boolean
  readonly state?: 'draft' | 'running'
}

export interface ManifestGuardrail {
  readonly metric: string
  readonly margin?: ManifestMargin
  readonly prove?: 'harm' | 'safe'
}

export const candidatesMax = 9
export const metricsMax = 20
export const rampMax = 20
/** 90 days: longer than any window or test that is still about the same traffic. */
export const experimentMsMax = 90 * 86_400_000
export const experimentDurationWords = 'must be a duration such as 30m, 24h or 7d, at most 90d'
const usualAttributionMs = 86_400_000

const coverage: Schema = { type: 'number', exclusiveMinimum: 0, maximum: 1 }
const days: Schema = { ...duration, examples: ['1d'] }
const count = (minimum: number): Schema => ({ type: 'integer', minimum, maximum: 1_000_000_000 })
const probability: Schema = { type: 'number', minimum: 0.0001, maximum: 0.5 }
const guardrail: Schema = {
  oneOf: [
    text,
    closed(
      { metric: text },
      {
        margin: { oneOf: [text, { type: 'number', exclusiveMinimum: 0 }] },
        prove: { type: 'string', enum: ['harm', 'safe'] },
      },
    ),
  ],
}

export const experimentForm: Schema = closed(
  { model: { ...text, examples: ['spam@v1'] }, candidates: list(text, candidatesMax), metrics: list(text, metricsMax) },
  {
    description: text,
    control: text,
    shares: map({ type: 'number', exclusiveMinimum: 0, maximum: 1_000_000 }, 2),
    allocation: allocationForm,
    coverage,
    ramp: list(closed({ coverage }, { for: days }), rampMax),
    attribution: days,
    guardrails: { type: 'array', items: guardrail, maxItems: metricsMax },
    alpha: probability,
    harmAlpha: probability,
    expectedUnits: count(100),
    minimalUnits: count(2),
    minimalDuration: days,
    maximalDuration: days,
    rule: { type: 'string', enum: ['advise', 'automatic'] },
    cached: { type: 'boolean' },
    state: { type: 'string', enum: ['draft', 'running'] },
  },
)

/** What its declaration alone does not settle. */
export interface ExperimentSetting {
  readonly model: string
  readonly major: number
  readonly control: string
  /** Of the contract. */
  readonly feedback: Readonly<Record<string, FeedbackMetric>>
  /** Where none are declared. */
  readonly guardrails: readonly ExperimentMetric[]
}

/** A sound declaration with its defaults spelt out. */
export function experimentOf(
  declared: ManifestExperiment,
  { model, major, control, feedback, guardrails }: ExperimentSetting,
): Omit<ExperimentState, 'progress'> {
  const { candidates, shares, metrics, cached, description } = declared
  const arms = [control, ...candidates]
  return withoutUndefined({
    description,
    model,
    major,
    control,
    candidates,
    shares: shares ?? Object.fromEntries(arms.map((id) => [id, 1])),
    allocation: allocationOf(declared.allocation, arms.length),
    ramp: rampOf(declared),
    attributionMs: ms(declared.attribution) ?? usualAttributionMs,
    cached: cached || undefined,
    metrics: [
      ...metrics.flatMap((name) => metricNamed(name, 'success', feedback) ?? []),
      ...(declared.guardrails?.flatMap((one) => guardrailOf(one, feedback) ?? []) ?? guardrails),
    ],
    plan: {
      ...planDefaults,
      ...withoutUndefined({
        alpha: declared.alpha,
        harmAlpha: declared.harmAlpha,
        expectedUnits: declared.expectedUnits,
        minimalUnits: declared.minimalUnits,
        minimalDurationMs: ms(declared.minimalDuration),
        maximalDurationMs: ms(declared.maximalDuration),
        rule: declared.rule,
      }),
    },
  })
}

/** Undefined where there is no such metric, or its margin cannot be read. */
export function guardrailOf(
  declared: string | ManifestGuardrail,
  feedback: Readonly<Record<string, FeedbackMetric>>,
): ExperimentMetric | undefined {
  const { metric, margin, prove } = typeof declared === 'string' ? { metric: declared } : declared
  const usual = metricNamed(metric, 'guardrail', feedback)
  if (!usual || margin === undefined) return usual && { ...usual, ...(prove === 'safe' ? { prove } : {}) }
  const parsed = parseMargin(margin, usual)
  return parsed && { ...usual, margin: parsed, ...(prove === 'safe' ? { prove } : {}) }
}

function rampOf({ ramp, coverage = 1 }: ManifestExperiment): readonly RampStep[] {
  if (!ramp) return [{ coverage }]
  return ramp.map(({ coverage, for: lasts }) => withoutUndefined({ coverage, forMs: ms(lasts) }))
}

function ms(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseLongDuration(text)
}

/** As it is declared, to be read back to the same; control, shares and guardrails are told though they may be the default. */
export function experimentOut(state: ExperimentState): ManifestExperiment {
  const { model, major, control, candidates, shares, ramp, attributionMs, cached, metrics, plan, description } = state
  const changed = <K extends keyof typeof planDefaults>(key: K) =>
    plan[key] === planDefaults[key] ? undefined : plan[key]
  const lasting = (key: 'minimalDurationMs' | 'maximalDurationMs') =>
    changed(key) === undefined ? undefined : longDurationText(plan[key])
  const [first, ...later] = ramp
  const equal = new Set(Object.values(shares)).size === 1
  return withoutUndefined({
    description,
    model: `${model}@v${major}`,
    control,
    candidates,
    shares: equal ? undefined : shares,
    allocation: allocationOut(state.allocation, candidates.length + 1),
    coverage: later.length === 0 && first?.coverage !== 1 ? first?.coverage : undefined,
    ramp:
      later.length === 0
        ? undefined
        : ramp.map(({ coverage, forMs }) =>
            withoutUndefined({ coverage, for: forMs === undefined ? undefined : longDurationText(forMs) }),
          ),
    attribution: attributionMs === usualAttributionMs ? undefined : longDurationText(attributionMs),
    metrics: metrics.filter(({ kind }) => kind === 'success').map(({ name }) => name),
    guardrails: metrics.filter(({ kind }) => kind === 'guardrail').map(guardrailOut),
    alpha: changed('alpha'),
    harmAlpha: changed('harmAlpha'),
    expectedUnits: changed('expectedUnits'),
    minimalUnits: changed('minimalUnits'),
    minimalDuration: lasting('minimalDurationMs'),
    maximalDuration: lasting('maximalDurationMs'),
    rule: changed('rule'),
    cached,
    state: state.progress.status === 'draft' ? undefined : ('running' as const),
  })
}

export function guardrailOut(metric: ExperimentMetric): ManifestGuardrail {
  const { name, margin, prove } = metric
  return withoutUndefined({ metric: name, margin: margin && marginText(margin, metric), prove })
}
