import Type from 'typebox'
import { casesMax, concurrencyMax, disagreementsMax, evaluationMeasures } from '../../kernel/evaluation.ts'
import { choice, closed, count, listOf, majorText, mapOf, text, time } from './schemas.ts'

const measures = Object.keys(evaluationMeasures).join(', ')
const kinds = ['eval', 'replay'] as const
const statuses = ['queued', 'running', 'done', 'cancelled', 'failed', 'interrupted'] as const
const model = text('Name of the model', 64)
const versionId = text('Id of the version', 64)

const bounds = closed({
  min: Type.Optional(Type.Number()),
  max: Type.Optional(Type.Number()),
  drop: Type.Optional(
    Type.Number({ minimum: 0, description: 'At most so much worse than the other version, on the same cases' }),
  ),
})

const require = mapOf(bounds, {
  maxProperties: 20,
  description: `Bounds by measure: shares from 0 to 1, times in ms, money in USD. Measures: ${measures}`,
})

const oneCase = closed({
  id: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'Default: its number, from 1 on' })),
  input: Type.Unknown({ description: 'As the contract has it' }),
  expected: Type.Optional(Type.Unknown({ description: 'The truth, or a part of it: a label, a number, a text' })),
})

export const wantedEvaluation = closed({
  model,
  major: Type.Optional(majorText),
  version: versionId,
  against: Type.Optional(
    text(
      'Another version that is asked the same: its id, or "current" for who serves now: the version with most traffic, or the control of an experiment',
      64,
    ),
  ),
  cases: Type.Optional(
    listOf(oneCase, { minItems: 1, maxItems: casesMax, description: 'One of cases, set and replay' }),
  ),
  set: Type.Optional(text('Name of a set of cases that is kept', 200)),
  replay: Type.Optional(
    closed({
      since: text('"30m", "1h", "2d" ago, or ISO 8601', 40),
      until: Type.Optional(text('As since; default: now', 40)),
      version: Type.Optional(text('Only what this version answered', 64)),
    }),
  ),
  sample: Type.Optional(
    Type.Integer({ minimum: 1, maximum: casesMax, description: 'At most so many of the cases, always the same ones' }),
  ),
  concurrency: Type.Optional(
    Type.Integer({ minimum: 1, maximum: concurrencyMax, default: 4, description: 'Cases that are asked at once' }),
  ),
  require: Type.Optional(require),
})

const figureFields = {
  value: Type.Number(),
  n: Type.Integer({ minimum: 0, description: 'Cases that it is of' }),
  lower: Type.Optional(Type.Number({ description: '95 % interval, valid at any time' })),
  upper: Type.Optional(Type.Number({ description: 'Its upper end' })),
}

const label = closed({
  label: Type.String(),
  ...{ expected: count, answered: count, right: count },
  precision: Type.Optional(Type.Number({ description: 'Of the answers with this label those that are right' })),
  recall: Type.Optional(Type.Number({ description: 'Of the cases with this truth those that were found' })),
})

const evaluated = closed({
  version: Type.String(),
  digest: Type.String(),
  answered: count,
  failed: mapOf(count, { description: 'By error code' }),
  measures: mapOf(closed(figureFields), { description: `Those that can be told of these cases: ${measures}` }),
  usageEstimated: Type.Boolean({ description: 'Something of the tokens or the cost was counted here' }),
  unpriced: Type.Integer({ minimum: 0, description: 'Cases that asked a model without a price' }),
  labels: Type.Optional(listOf(label, { description: 'The most frequent ones' })),
  confusion: Type.Optional(
    listOf(closed({ expected: Type.String(), answered: Type.String(), cases: count }), {
      description: 'What was expected, and what was answered',
    }),
  ),
})

const disagreement = closed({
  case: Type.Optional(
    Type.String({ description: 'Its id; of a replay that of the call; for keys with the permission operate' }),
  ),
  distance: Type.Number({ minimum: 0, maximum: 1 }),
  lost: Type.Optional(Type.Boolean({ description: 'The other version was right' })),
  call: Type.Optional(Type.String({ description: 'Id of the call that asked it' })),
  callAgainst: Type.Optional(Type.String()),
  code: Type.Optional(Type.String({ description: 'Error code, where it failed' })),
  input: Type.Optional(Type.String({ description: 'JSON, cut; for keys with the permission operate' })),
  expected: Type.Optional(Type.String()),
  answered: Type.Optional(Type.String()),
  answeredAgainst: Type.Optional(Type.String()),
})

const report = closed({
  version: evaluated,
  against: Type.Optional(evaluated),
  asked: count,
  partial: Type.Optional(choice(['cancelled', 'budget', 'limits', 'stopping'], { description: 'Why it ended early' })),
  durationMs: Type.Number(),
  differences: mapOf(
    closed({
      ...figureFields,
      shown: Type.Optional(choice(['better', 'worse'], { description: 'The interval excludes 0' })),
    }),
    { description: 'The version less the other, by measure, of the cases that both were asked' },
  ),
  disagreements: listOf(disagreement, {
    description: `The worst ${disagreementsMax}: first those in which the other version was right, then by distance`,
  }),
  verdict: Type.String({ description: 'For people' }),
})

const rowFields = {
  id: Type.String(),
  time,
  by: Type.String({ description: 'Id of the key that asked for it' }),
  status: choice(statuses),
  kind: choice(kinds),
  model: Type.String(),
  major: majorText,
  version: Type.String(),
  against: Type.Optional(Type.String()),
  source: Type.String({ description: 'Where the cases are from' }),
  set: Type.Optional(Type.String({ description: 'Name of their set, where they are of one' })),
  cases: count,
  require,
  startedAt: Type.Optional(time),
  endedAt: Type.Optional(time),
  passed: Type.Optional(
    Type.Boolean({ description: 'All that was required was met; left out where nothing was, and until it has ended' }),
  ),
  bounds: Type.Optional(
    listOf(
      closed({
        measure: Type.String(),
        bound: choice(['min', 'max', 'drop']),
        limit: Type.Number(),
        value: Type.Optional(Type.Number()),
        outcome: choice(['passed', 'failed', 'skipped']),
        words: Type.String(),
      }),
      { description: 'What was required, held against the figures' },
    ),
  ),
  fault: Type.Optional(closed({ code: Type.String(), detail: Type.String() })),
  notes: listOf(Type.String()),
  progress: Type.Optional(closed({ cases: count, done: count, failed: count })),
}

export const evaluationRow = closed(rowFields)
export const evaluationSchema = closed({ ...rowFields, report: Type.Optional(report) })
export const evaluationFilter = closed({
  model: Type.Optional(model),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
  before: Type.Optional(text('Id of the last one of the page before', 64)),
})
export const evaluationId = closed({ id: text('Id of the evaluation', 64) })
