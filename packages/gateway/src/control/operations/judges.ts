import Type from 'typebox'
import { versionKey } from '../../kernel/catalog.ts'
import { AstraError } from '../../kernel/errors.ts'
import type { FeedbackMetric } from '../../kernel/experiment.ts'
import type { JudgeSubject, JudgeSum, JudgeSumName } from '../../kernel/judge.ts'
import { type Operation, operation } from '../../kernel/operation.ts'
import { meanFigure, shareFigure } from '../evaluations/figures.ts'
import { ownEntry } from '../manifest/own-entry.ts'
import { modelFor } from './bound-models.ts'
import type { OperationPorts } from './ports.ts'
import { closed, count, isoTime, listOf, majorText, mapOf, milliseconds, text, usd } from './schemas.ts'

/** At so many judgements intervals are narrowest; valid they are at any number. */
const expectedJudgements = 1000
const dayMs = 86_400_000

const judgeName = Type.String({ description: 'Model, major and version that judges: "helpful-judge@v1/1.0"' })

const sums = {
  metric: Type.String({ description: 'What is judged' }),
  judge: judgeName,
  version: Type.String({ description: 'The version that answered' }),
  asked: Type.Integer({ minimum: 0, description: 'Judgements that were asked for' }),
  judged: Type.Integer({ minimum: 0, description: 'Those of them that became feedback' }),
  mean: Type.Optional(
    closed({
      value: Type.Number({ description: 'Of a boolean the share of true' }),
      lower: Type.Optional(
        Type.Number({ description: '95 % interval, valid at any time; left out while too little is known' }),
      ),
      upper: Type.Optional(Type.Number()),
    }),
  ),
  failed: mapOf(count, {
    description: 'Judgements that came to nothing, by error code; value: what was said is no value of the metric',
  }),
  dropped: mapOf(count, {
    description: 'Answers of the share that were not judged, by reason: full, too-large, form, limits or unasked',
  }),
  latencyMeanMs: Type.Optional(milliseconds),
  costUsd: usd('of the judgements that have a price'),
  unpriced: Type.Integer({ minimum: 0, description: 'Judgements that asked a model without a price' }),
}

export function judgeOperations({ catalogControl, judges }: OperationPorts): readonly Operation[] {
  return [
    operation({
      name: 'getJudgeReport',
      summary:
        "What judges say of a contract's versions, how often they were asked, failed or left out, and what they cost",
      kind: 'query',
      permission: 'read',
      method: 'GET',
      path: '/models/{model}/{major}/judges',
      input: closed({ model: text('Name of the model', 64), major: majorText }),
      output: closed({
        model: Type.String(),
        major: majorText,
        judges: listOf(
          closed({
            metric: Type.String(),
            judge: judgeName,
            share: Type.Number({ minimum: 0, maximum: 1, description: 'Of the answers those that are judged' }),
          }),
          { description: 'As they are declared now' },
        ),
        versions: listOf(closed(sums), { description: 'By metric, judge and version, all days together' }),
        days: listOf(closed({ ...sums, day: Type.String({ description: 'UTC, "2026-01-31"' }) }), {
          description: 'The same by day, the oldest first',
        }),
      }),
      run: async ({ model, major }, { caller }) => {
        const catalog = catalogControl.current()
        const contract = modelFor(caller, model, catalog).contracts.get(Number(major.slice(1)))
        if (!contract) throw new AstraError('unknown_major', { detail: `${model} has no ${major}` })
        const metrics = catalog.state.models[model]?.contracts[contract.major]?.metrics ?? {}
        const all = (await judges.sums(model)).filter((one) => one.major === contract.major)
        const byVersion = ({ metric, judge, version }: JudgeSum) => JSON.stringify([metric, judge, version])
        return {
          model,
          major,
          judges: Object.entries(contract.judges ?? {}).map(([metric, { model, major, version, share }]) => ({
            metric,
            judge: versionKey(model, major, version),
            share,
          })),
          versions: grouped(all, byVersion).map((group) => told(group, metrics)),
          days: grouped(all, (one) => `${one.day} ${byVersion(one)}`).map((group) => ({
            ...told(group, metrics),
            day: isoTime(group.day * dayMs).slice(0, 10),
          })),
        }
      },
    }),
  ]
}

/** Sums of one version by one judge, of one day or of all. */
interface Group extends Pick<JudgeSubject, 'metric' | 'judge' | 'version'> {
  readonly day: number
  readonly values: Map<string, number>
}

function grouped(sums: readonly JudgeSum[], keyOf: (sum: JudgeSum) => string): readonly Group[] {
  const groups = new Map<string, Group>()
  for (const sum of sums) {
    const { metric, judge, version, day, name, value } = sum
    const key = keyOf(sum)
    const group = groups.get(key) ?? { metric, judge, version, day, values: new Map() }
    groups.set(key, group)
    group.values.set(name, (group.values.get(name) ?? 0) + value)
  }
  return [...groups.values()]
}

function told({ metric, judge, version, values }: Group, metrics: Readonly<Record<string, FeedbackMetric>>) {
  const sum = (name: JudgeSumName) => values.get(name) ?? 0
  const [asked, judged] = [sum('asked'), sum('judged')]
  return {
    ...{ metric, judge, version, asked, judged },
    ...(judged > 0 ? { mean: meanOf(judged, sum('value'), sum('value-squares'), ownEntry(metrics, metric)) } : {}),
    failed: under('failed/', values),
    dropped: under('dropped/', values),
    ...(asked > 0 ? { latencyMeanMs: sum('latency-ms') / asked } : {}),
    costUsd: sum('cost-usd'),
    unpriced: sum('unpriced'),
  }
}

/** Each judgement counts as one value: an experiment counts units, of which each may have several. */
function meanOf(n: number, total: number, squares: number, metric: FeedbackMetric | undefined) {
  const mean = total / n
  // Rounding may leave less than nothing of equal values.
  const m2 = Math.max(0, squares - n * mean * mean)
  const { n: _, ...figure } =
    metric?.type === 'boolean'
      ? shareFigure(total, n, expectedJudgements)
      : meanFigure({ n, mean, m2 }, expectedJudgements)
  return figure
}

/** By what stands behind the prefix. */
function under(prefix: string, values: Group['values']): Readonly<Record<string, number>> {
  return Object.fromEntries(
    [...values].flatMap(([name, value]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [])),
  )
}
