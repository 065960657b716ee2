import { decisionTable } from '@astraapi/statistics'
import Type from 'typebox'
import { choice, closed, count, listOf, majorText, mapOf, milliseconds, revision, text, time } from './schemas.ts'

/** A number, or null where nothing can be said yet or a side is unbounded. */
const known = (description: string) => Type.Unsafe<number | null>({ type: ['number', 'null'], description })
const share = (description: string) => Type.Number({ minimum: 0, maximum: 1, description })
const probability = share('A p-value that holds at any time; the smallest so far')

export const statuses = ['draft', 'running', 'paused', 'promoted', 'rolled_back', 'inconclusive', 'stopped'] as const

const row = {
  name: Type.String(),
  model: Type.String(),
  major: majorText,
  control: text('Version whose place the candidates are to take'),
  candidates: listOf(Type.String()),
  status: choice(statuses),
  since: time,
  reason: Type.Optional(text('Why it is as it is')),
  winner: Type.Optional(text('Version that was promoted')),
}

const margin = closed({ absolute: Type.Optional(Type.Number()), relative: Type.Optional(Type.Number()) })

const metric = {
  name: Type.String(),
  kind: choice(['success', 'guardrail'], {
    description: 'success: what a candidate shall improve; guardrail: what it must not harm',
  }),
  type: choice(['mean', 'rate', 'ratio', 'quantile']),
  optimise: choice(['min', 'max']),
  quantile: Type.Optional(share('Of the type quantile: which')),
  scale: Type.Optional(choice(['absolute', 'relative'])),
  margin: Type.Optional(margin),
  prove: Type.Optional(choice(['harm', 'safe'])),
  unit: Type.Optional(Type.String()),
  share: Type.Optional(Type.Boolean({ description: 'Between 0 and 1: differences are told in points' })),
}

const from = closed({
  feedback: Type.Optional(text('A metric of feedback')),
  source: Type.Optional(text('Of feedback: whose word counts')),
  record: Type.Optional(text('What every Record tells')),
})

const plan = closed({
  alpha: share('Probability of an error over all success metrics and candidates together'),
  harmAlpha: share('Probability of an error of each guardrail'),
  expectedUnits: count,
  minimalDurationMs: milliseconds,
  maximalDurationMs: milliseconds,
  minimalUnits: Type.Integer({ minimum: 0, description: 'Of each arm' }),
  rule: choice(['advise', 'automatic']),
  multiplicity: choice(['bonferroni', 'none']),
})

const parts = mapOf(Type.Number(), { description: 'Parts of the units that take part, by version' })

const allocation = closed({
  method: choice(['thompson', 'track-and-stop']),
  everyMs: milliseconds,
  least: share('Of each arm'),
})

const counts = mapOf(Type.Number(), { description: 'By version' })
const ratio = { p: probability, counts, expected: counts }

const metricResult = closed({
  metric: closed({ ...metric, from: Type.Optional(from) }),
  units: closed({ control: count, candidate: count }),
  control: known("The control's value"),
  candidate: known("The candidate's value"),
  scale: choice(['absolute', 'relative'], {
    description: 'absolute: candidate - control; relative: candidate / control - 1',
  }),
  estimate: known('Of the difference'),
  interval: closed({ lower: known('Lower end'), upper: known('Upper end') }),
  alpha: share('The interval holds at all times at once with at least the probability 1 - alpha'),
  p: probability,
  mayDecide: Type.Boolean(),
  direction: choice(['better', 'worse', 'unknown']),
  guardrail: Type.Optional(closed({ margin, harmful: Type.Boolean(), safe: Type.Boolean() })),
  feedback: Type.Optional(
    closed({
      ...ratio,
      units: mapOf(Type.Number(), {
        description: 'By version: units whose window has ended; counts are those of them with a value',
      }),
    }),
  ),
  words: Type.String(),
})

const ratioCheck = closed(ratio)

const circuit = closed({
  calls: count,
  serverErrors: count,
  recentFailures: listOf(Type.Boolean(), { description: 'The latest calls, oldest first: whether each failed' }),
})

const analysis = closed({
  control: Type.String(),
  candidate: Type.String(),
  units: closed({ control: count, candidate: count }),
  elapsedMs: milliseconds,
  metrics: listOf(metricResult),
  sampleRatio: ratioCheck,
  feedbackRatio: ratioCheck,
  circuit: closed({ control: circuit, candidate: circuit }),
})

const actions = decisionTable.map(({ action }) => action)

const decision = closed({
  candidate: Type.String(),
  action: choice(actions),
  row: Type.Integer({ description: 'Of the table of decisions' }),
  rule: Type.String(),
  reasons: listOf(
    closed({
      code: Type.String(),
      metric: Type.Optional(Type.String()),
      actual: Type.Optional(Type.Number()),
      limit: Type.Optional(Type.Number()),
    }),
  ),
})

const evaluation = closed({
  candidate: Type.String(),
  analysis,
  decision,
  verdict: closed({ action: choice(actions), text: text('For people') }),
})

const arm = closed({
  version: Type.String(),
  units: count,
  calls: count,
  failed: count,
  costUsd: Type.Optional(Type.Number()),
  latencyP50Ms: Type.Optional(milliseconds),
  latencyP95Ms: Type.Optional(milliseconds),
})

export const experimentRow = closed(row)

const whole = {
  ...row,
  description: Type.Optional(Type.String()),
  shares: parts,
  allocation: Type.Optional(allocation),
  origin: Type.Optional(
    choice(['api', 'past'], {
      description:
        'api: made by this API, and named by no manifest; past: over, and named by the manifest no more; left out: the manifest has it',
    }),
  ),
  ramp: listOf(closed({ coverage: share('Of all units'), forMs: Type.Optional(milliseconds) })),
  attributionMs: milliseconds,
  cached: Type.Boolean({ description: 'Whether its calls may be answered by the cache' }),
  metrics: listOf(closed({ ...metric, from })),
  plan,
  startedAt: Type.Optional(time),
  elapsedMs: Type.Number({ description: 'Running time without pauses and without gaps in which nobody looked, ms' }),
  stepSince: Type.Optional(time),
  step: Type.Integer({ minimum: 0, description: 'Of the ramp, from 0' }),
  stepEndsInMs: Type.Optional(
    Type.Number({ description: 'How long this step still lasts, as far as evaluations saw it, ms of running time' }),
  ),
  epochs: listOf(
    closed({
      number: count,
      from: time,
      shares: parts,
      units: Type.Optional(
        Type.Integer({ minimum: 0, description: 'That were new in it, as evaluated last: no other is evidence of it' }),
      ),
    }),
    { description: 'Spans with unchanged shares' },
  ),
  by: Type.Optional(text('Key id of who changed it last; "astra-experiments" decides by itself')),
  arms: listOf(arm, { description: 'What each arm got, of every unit so far' }),
  beyond: Type.Optional(
    Type.Integer({ description: 'Calls of units past the bound on them: no metric sees these, guardrails neither' }),
  ),
  evaluations: listOf(evaluation, { description: 'One for each candidate, once it was evaluated' }),
  evaluatedAt: Type.Optional(time),
  fault: Type.Optional(text('Why it could not be evaluated just now; for operators')),
}

const point = known('On the scale of the metric')

export const experimentSchema = closed({ ...whole, revision })

export const experimentReport = closed({
  ...whole,
  history: listOf(
    closed({
      time,
      elapsedMs: Type.Number({ description: 'Running time, ms' }),
      candidates: mapOf(
        closed({
          units: Type.Integer({ minimum: 0, description: 'Of both arms, as far as analysed' }),
          metrics: mapOf(closed({ estimate: point, lower: point, upper: point })),
        }),
      ),
    }),
    { description: 'What evaluations found, oldest first; at most some hundred, evenly spread over time' },
  ),
  decisions: listOf(
    closed({
      time,
      action: choice([...actions, 'start', 'resume', 'stop', 'step', 'reshare']),
      text: Type.String(),
      by: Type.Optional(Type.String()),
    }),
    { description: 'What was done, oldest first' },
  ),
})

export const experimentName = text('Name of the experiment', 64)

export const changedExperiment = closed({ ...row, revision })
