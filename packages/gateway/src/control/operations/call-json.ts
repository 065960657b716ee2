import Type, { type Static } from 'typebox'
import type { CacheOutcome } from '../../kernel/cache.ts'
import type { Enrolment } from '../../kernel/experiment.ts'
import type { Attempt, CallRecord, Feedback, Outcome } from '../../kernel/record.ts'
import { refusedByJson, refusedBySchema } from './limit-json.ts'
import { choice, closed, count, isoTime, listOf, mapOf, milliseconds, text, time, usd } from './schemas.ts'
import { withoutUndefined } from './without-undefined.ts'

export const outcomes = ['ok', 'refused', 'failed', 'cancelled'] as const satisfies readonly Outcome[]
export const cacheOutcomes = [
  'hit',
  'stale',
  'joined',
  'miss',
  'bypass',
  'semantic',
] as const satisfies readonly CacheOutcome[]
export const feedbackSources = [
  'user',
  'ground_truth',
  'judge',
  'heuristic',
] as const satisfies readonly Feedback['source'][]

const tokens = (description: string) => Type.Integer({ minimum: 0, description })

export const attemptSchema = closed({
  role: Type.String(),
  version: Type.String(),
  replica: Type.String(),
  atMs: Type.Number({ description: "From the call's start, ms" }),
  durationMs: milliseconds,
  code: Type.Optional(Type.String()),
  reason: Type.Optional(Type.String()),
})

/** Of a call that is evidence of an experiment. */
export const enrolmentSchema = closed({
  experiment: Type.String(),
  epoch: Type.Integer({ description: 'Of the experiment: each change of its shares begins one' }),
  arm: text('The version that its unit is assigned to, whichever served'),
})

/** A Record as JSON: times in ISO 8601, fields without a value left out. */
export const callSchema = closed({
  id: Type.String(),
  time,
  door: Type.String(),
  consumer: Type.String(),
  keyId: Type.String(),
  team: Type.Optional(text('Whose limits and budget it met, besides those of its key and consumer')),
  model: text('As the caller named it'),
  major: Type.Optional(Type.Integer()),
  versionAssigned: Type.Optional(Type.String()),
  versionServed: Type.Optional(text('Whose answer went out, in part at least')),
  assignReason: Type.Optional(Type.String()),
  propensity: Type.Optional(Type.Number({ description: 'Probability of the assigned version under the weights' })),
  unitHash: Type.Optional(Type.String()),
  session: Type.Optional(Type.String()),
  reference: Type.Optional(text("The caller's own id")),
  tags: Type.Optional(mapOf(Type.String())),
  catalogRevision: Type.Integer(),
  outcome: choice(outcomes),
  code: Type.Optional(text('Error code of a call that did not succeed')),
  reason: Type.Optional(text('For operators: why')),
  latencyMs: milliseconds,
  firstChunkMs: Type.Optional(milliseconds),
  queueMs: milliseconds,
  upstreamMs: milliseconds,
  streamed: Type.Boolean(),
  items: count,
  itemsFailed: count,
  inputTokens: Type.Optional(tokens('All, those read from or written to a prompt cache too')),
  cachedInputTokens: Type.Optional(tokens('Of the input tokens those read from a prompt cache')),
  cacheWriteInputTokens: Type.Optional(tokens('Of the input tokens those written to a prompt cache')),
  outputTokens: Type.Optional(tokens('All, those of reasoning too')),
  reasoningTokens: Type.Optional(tokens('Of the output tokens those of reasoning')),
  usageEstimated: Type.Boolean({
    description: 'Whether some of the tokens, or of the cost, was counted here: upstream did not say, or broke off',
  }),
  upstreamModel: Type.Optional(text('What answered, or was asked last, by the name that prices have for it')),
  costUsd: Type.Optional(
    usd(
      'of all attempts, by the prices in force when the call came in; left out where it is of none known, or nothing ran',
    ),
  ),
  unpriced: Type.Boolean({ description: 'A model ran that has no price: the cost is unknown, or more than costUsd' }),
  cache: Type.Optional(choice(cacheOutcomes, { description: 'Left out where the contract has none' })),
  refusedBy: Type.Optional(refusedBySchema),
  finish: Type.Optional(text("How a language model's answer ended: stop, length, tool-calls, refusal or other")),
  enrolment: Type.Optional(enrolmentSchema),
  attempts: listOf(attemptSchema),
  traceId: Type.String(),
})

export const feedbackValue = Type.Unsafe<Feedback['value']>({
  oneOf: [{ type: 'number' }, { type: 'boolean' }, { type: 'string', maxLength: 256 }],
})

export const feedbackSchema = closed({
  metric: Type.String(),
  value: feedbackValue,
  source: choice(feedbackSources),
  comment: Type.Optional(Type.String()),
  time,
  consumer: Type.String(),
})

export function callJson(record: CallRecord): Static<typeof callSchema> {
  return withoutUndefined({
    ...record,
    time: isoTime(record.time),
    refusedBy: record.refusedBy && refusedByJson(record.refusedBy),
    enrolment: record.enrolment && enrolmentJson(record.enrolment),
    attempts: record.attempts.map(attemptJson),
  })
}

function enrolmentJson({ experiment, epoch, arm }: Enrolment): Static<typeof enrolmentSchema> {
  return { experiment, epoch, arm }
}

export function attemptJson(attempt: Attempt): Static<typeof attemptSchema> {
  return withoutUndefined(attempt)
}

export function feedbackJson(feedback: Feedback): Static<typeof feedbackSchema> {
  const { metric, value, source, comment, consumer } = feedback
  return withoutUndefined({ metric, value, source, comment, time: isoTime(feedback.time), consumer })
}
