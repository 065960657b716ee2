import type { Static } from 'typebox'
import Type from 'typebox'
import { errorTable } from '../../kernel/errors.ts'
import { isBudget, limitText, nextOfRefused, ownerText } from '../../kernel/limit-text.ts'
import type { LimitStatus, RefusedBy } from '../../kernel/limits.ts'
import type { CallRecord, Feedback } from '../../kernel/record.ts'
import { attemptJson, attemptSchema, outcomes } from './call-json.ts'
import { limitJson, limitSchema, refusedByJson, refusedBySchema } from './limit-json.ts'
import { choice, closed, isoTime, listOf, text, time } from './schemas.ts'
import { tellStory } from './tell-story.ts'
import { withoutUndefined } from './without-undefined.ts'

export const explanationSchema = closed({
  id: Type.String(),
  outcome: choice(outcomes),
  code: Type.Optional(text('Error code of a call that did not succeed')),
  why: text('Why it ended as it did, in one or two sentences'),
  next: Type.Optional(text('What to do about it')),
  refusedBy: Type.Optional(refusedBySchema),
  freesAt: Type.Optional(time),
  now: Type.Optional(limitSchema),
  versionAssigned: Type.Optional(Type.String()),
  versionServed: Type.Optional(Type.String()),
  tried: listOf(attemptSchema),
  story: listOf(Type.String()),
})

export type Explanation = Static<typeof explanationSchema>

/** Why a call ended as it did, as data and in words. `now`: how the bound that refused it stands at present. */
export function explainCall(
  record: CallRecord,
  feedback: readonly Feedback[],
  now: LimitStatus | undefined,
): Explanation {
  const { id, outcome, code, refusedBy, versionAssigned, versionServed, attempts } = record
  const frees = refusedBy && freesAt(record, refusedBy)
  return withoutUndefined({
    id,
    outcome,
    code,
    why: whyOf(record),
    next: (refusedBy && nextOfRefused(refusedBy)) ?? (code && errorTable[code].next),
    refusedBy: refusedBy && refusedByJson(refusedBy),
    freesAt: frees === undefined ? undefined : isoTime(frees),
    now: now && limitJson(now),
    versionAssigned,
    versionServed,
    tried: attempts.map(attemptJson),
    story: tellStory(record, feedback),
  })
}

/** Of calls in flight nobody knows when one ends: they were told only when to ask again. */
function freesAt({ time, latencyMs }: CallRecord, { kind, retryAfterMs }: RefusedBy): number | undefined {
  return retryAfterMs === undefined || kind === 'concurrent' ? undefined : Math.ceil(time + latencyMs + retryAfterMs)
}

const answers: Readonly<Record<NonNullable<CallRecord['cache']>, string | undefined>> = {
  hit: 'from the cache',
  stale: 'from the cache, while the version is asked anew',
  joined: 'by the answer of an equal call in flight',
  semantic: 'from the cache, to a message that means the same',
  miss: undefined,
  bypass: undefined,
}

const whys: Readonly<Record<CallRecord['outcome'], (record: CallRecord) => string>> = {
  ok: ({ cache, versionServed }) =>
    `It was answered ${(cache && answers[cache]) ?? (versionServed === undefined ? 'by the gateway itself' : `by ${versionServed}`)}.`,
  refused: (record) => `It was refused with ${faultText(record)}. No model was asked.`,
  failed: (record) => `It failed with ${faultText(record)}. ${triedText(record)}`,
  cancelled: (record) => `The caller went away. ${triedText(record)}`,
}

function whyOf(record: CallRecord): string {
  const { refusedBy } = record
  return refusedBy ? limitWhy(record, refusedBy) : whys[record.outcome](record)
}

function limitWhy(record: CallRecord, refusedBy: RefusedBy): string {
  const { owner, kind } = refusedBy
  const told = `It was refused with "${record.code}" by the limit of ${ownerText(owner)}, ${limitText(refusedBy)}`
  if (kind === 'concurrent')
    return `${told}: as many were. It frees as soon as one of them ends, and nobody knows when.`
  const frees = freesAt(record, refusedBy)
  const then =
    frees === undefined ? 'Waiting does not help: it asks for more than ever fits' : `It frees at ${isoTime(frees)}`
  return `${told}: ${leftText(refusedBy)}. ${then}.`
}

function leftText({ kind, remaining, burst }: RefusedBy): string {
  // Of calls, items and tokens there are whole ones only; of USD any part.
  const left = isBudget(kind) ? Number(remaining.toPrecision(3)) : Math.floor(remaining)
  // What an interval has left is more than what could be had at once.
  const which = burst === undefined ? 'of them left' : 'could be had just then'
  return left > 0 ? `${left} ${which}, too few for it` : `none ${which}`
}

export function faultText({ code = 'internal', reason }: CallRecord): string {
  const { title } = errorTable[code]
  return `"${code}": ${title}${reason === undefined || reason === title ? '' : ` (${reason.replace(/\.$/, '')})`}`
}

function triedText({ attempts, queueMs }: CallRecord): string {
  if (attempts.length > 0)
    return `Tried: ${attempts.map(({ version, replica }) => `${version} at ${replica}`).join(', ')}.`
  return queueMs > 0
    ? `It waited for a place for ${Math.round(queueMs)} ms, and no model was asked.`
    : 'No model was asked.'
}
