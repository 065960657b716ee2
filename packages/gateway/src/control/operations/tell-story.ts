import type { CacheOutcome } from '../../kernel/cache.ts'
import type { AssignReason, Attempt, CallRecord, Feedback } from '../../kernel/record.ts'

/**
 * The journey of one call in plain sentences, each beginning with its time (UTC): what came in, which version it met and why,
 * every attempt, where the time went, how it ended, and what was judged of it.
 */
export function tellStory(record: CallRecord, feedback: readonly Feedback[]): readonly string[] {
  return [
    ...arrival(record),
    ...assignment(record),
    ...fromCache(record),
    ...record.attempts.map((attempt, index) => attemptSentence(record, attempt, index + 1)),
    ...firstChunk(record),
    `${clockTime(record, record.latencyMs)} ${endings[record.outcome](record)}${becauseOf(record.reason)}.`,
    `Of ${ms(record.latencyMs)} it spent ${spent(record)}.`,
    ...cost(record),
    ...feedback.map((judgement) => feedbackSentence(record, judgement)),
  ]
}

const reasons: Readonly<Record<AssignReason, (part: string) => string>> = {
  pin: () => 'the caller pinned it',
  only: () => 'it has all the traffic',
  'weights-unit': (part) => `the unit hashes into its ${part}share`,
  'weights-session': (part) => `there is no unit, and the session hashes into its ${part}share`,
  rule: () => 'a rule of the contract sends it there',
  experiment: (part) => `an experiment runs, and the unit hashes into its ${part}share of those enrolled`,
  'not-enrolled': () => 'an experiment runs, and the unit is not enrolled',
  'weights-call': (part) => `there is neither unit nor session, and the call's id falls into its ${part}share`,
}

const endings: Readonly<Record<CallRecord['outcome'], (record: CallRecord) => string>> = {
  ok: (record) => `answered by ${record.versionServed ?? 'the gateway itself'}: ${amounts(record)}`,
  refused: (record) => `refused with "${record.code ?? 'unknown'}", and no model was asked`,
  failed: (record) => `failed with "${record.code ?? 'unknown'}" (${amounts(record)})`,
  cancelled: () => 'the caller went away',
}

function arrival(record: CallRecord): string[] {
  const { door, consumer, team, keyId, model, major, traceId, reference, catalogRevision } = record
  const contract = major === undefined ? model : `${model} v${major}`
  const day = new Date(record.time).toISOString().slice(0, 10)
  return [
    `${clockTime(record, 0)} received at the ${door} door from consumer ${consumer}${team === undefined ? '' : ` of team ${team}`} (${keyId}) on ${day}, for ${contract}.`,
    `It saw revision ${catalogRevision} of the catalog; its trace is ${traceId}${
      reference === undefined ? '' : `, its reference "${reference}"`
    }.`,
  ]
}

function assignment({ versionAssigned, versionServed, assignReason, propensity, enrolment }: CallRecord): string[] {
  if (versionAssigned === undefined) return ['It was assigned to no version.']
  const part = propensity === undefined ? '' : `${rounded(propensity * 100, 2)} % `
  const why = assignReason === undefined ? '' : `: ${reasons[assignReason](part)}`
  const sentences = [`Assigned to ${versionAssigned}${why}.`]
  if (versionServed !== undefined && versionServed !== versionAssigned) {
    sentences.push(`Another version, ${versionServed}, served it.`)
  }
  if (enrolment) {
    const { experiment, epoch, arm } = enrolment
    sentences.push(`It is evidence of the experiment "${experiment}" (epoch ${epoch}), for ${arm}.`)
  }
  return sentences
}

const cacheSentences: Readonly<Partial<Record<CacheOutcome, string>>> = {
  hit: 'The cache had its answer.',
  stale: 'The cache had an older answer, which went out while the version was asked anew.',
  joined: 'An equal call was in flight, and its answer went out to both.',
  semantic: 'The cache had the answer to a message that means the same.',
}

function fromCache({ cache }: CallRecord): string[] {
  const sentence = cache && cacheSentences[cache]
  return sentence === undefined ? [] : [sentence]
}

function attemptSentence(record: CallRecord, attempt: Attempt, number: number): string {
  const { role, version, replica, atMs, durationMs, code, reason } = attempt
  const result = code === undefined ? 'went well' : `failed with "${code}"${becauseOf(reason)}`
  return `${clockTime(record, atMs)} attempt ${number} (${role}) of ${version} at ${replica} took ${ms(durationMs)} and ${result}.`
}

function firstChunk(record: CallRecord): string[] {
  const { firstChunkMs, streamed } = record
  if (!streamed) return []
  if (firstChunkMs === undefined) return ['It was to stream, and no chunk went out.']
  return [`${clockTime(record, firstChunkMs)} the first chunk went out, ${ms(firstChunkMs)} after the call came in.`]
}

function amounts(record: CallRecord): string {
  const { items, itemsFailed, inputTokens, outputTokens, cachedInputTokens = 0, reasoningTokens = 0 } = record
  const failed = itemsFailed > 0 ? `, ${itemsFailed} of them failed` : ''
  const counted = record.usageEstimated ? ' (counted here, at least in part)' : ''
  const cached = cachedInputTokens > 0 ? ` (${cachedInputTokens} of them cached)` : ''
  const reasoning = reasoningTokens > 0 ? ` (${reasoningTokens} of them reasoning)` : ''
  const tokens =
    inputTokens === undefined && outputTokens === undefined
      ? ''
      : `, ${inputTokens ?? 0} tokens in${cached} and ${outputTokens ?? 0} out${reasoning}${counted}`
  return `${items} ${items === 1 ? 'item' : 'items'}${failed}${tokens}`
}

function spent({ latencyMs, queueMs, upstreamMs }: CallRecord): string {
  const here = Math.max(0, latencyMs - queueMs - upstreamMs)
  return `${ms(queueMs)} in queues, ${ms(upstreamMs)} upstream and ${ms(here)} in the gateway`
}

function cost(record: CallRecord): string[] {
  const { costUsd, unpriced, usageEstimated, upstreamModel, attempts } = record
  const alone = attempts.length === 1
  const unknown = `there is no price for ${alone ? (upstreamModel ?? 'this version') : 'a model that was asked'}`
  if (costUsd === undefined) {
    const because = unpriced ? unknown : untold(record)
    return because === undefined ? [] : [`What it cost is not known: ${because}.`]
  }
  const about = usageEstimated ? 'about ' : ''
  const usd = `${about}${Number(costUsd.toPrecision(3))} USD`
  const by = alone ? `by the price of ${upstreamModel ?? 'its model'}` : 'by the prices of the models that were asked'
  return [unpriced ? `It cost more than ${usd} ${by}: ${unknown}.` : `It cost ${usd} ${by}.`]
}

/** Of a model that has a price and answered with an error nobody knows what it used up, if anything. */
function untold({ upstreamModel, attempts }: CallRecord): string | undefined {
  if (upstreamModel === undefined || !attempts.some(({ code }) => code === 'upstream_failed')) return undefined
  return 'what failed upstream did not tell what it used'
}

function feedbackSentence(record: CallRecord, { metric, value, source, comment, time, consumer }: Feedback): string {
  const said = comment === undefined ? '' : `: "${comment}"`
  const later = clockTime(record, time - record.time)
  return `${later} feedback from ${consumer} (${source}): ${metric} = ${JSON.stringify(value)}${said}.`
}

function becauseOf(reason: string | undefined): string {
  return reason === undefined ? '' : `: ${reason.replace(/\.$/, '')}`
}

/** "12:00:01.123", with the day before it where that is not the day of the call. */
function clockTime(record: CallRecord, afterMs: number): string {
  const [day, time = ''] = new Date(record.time + afterMs).toISOString().split('T')
  const sameDay = new Date(record.time).toISOString().startsWith(`${day}`)
  return `${sameDay ? '' : `${day} `}${time.slice(0, 12)}`
}

function ms(value: number): string {
  return `${rounded(value, 1)} ms`
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
