import type { Contract } from '../../kernel/catalog.ts'
import { chosenPlace } from '../../kernel/chosen-place.ts'
import type { Clock } from '../../kernel/clock.ts'
import { AstraError } from '../../kernel/errors.ts'
import { casesMax, type EvaluationCase } from '../../kernel/evaluation.ts'
import type { Payload, PayloadOutput, PayloadStore } from '../../kernel/payload.ts'
import { unitInterval } from '../../kernel/unit-interval.ts'
import { DrawnCases } from './drawn-cases.ts'

export interface ReplayFilter {
  /** ms since the Unix epoch; from (inclusive), to (exclusive). */
  readonly from: number
  readonly to: number
  /** Id of the version that answered then; left out: any. */
  readonly version?: string
}

export interface ReplayPorts {
  readonly payloads: Pick<PayloadStore, 'payloads'>
  readonly clock: Pick<Clock, 'elapsed'>
}

export interface ReplayCases {
  readonly cases: readonly EvaluationCase[]
  /** Calls that could be replayed, of which these are a sample. */
  readonly seen: number
  readonly notes: readonly string[]
}

const pageSize = 500
/** Of all of them together as JSON. */
const bytesMax = 16 * 2 ** 20
/** Whoever asks waits for it, and a page may be as short as one call. */
const lookMaxMs = 10_000
const pagesMax = 2000

/**
 * The captured calls of a contract as cases, the oldest first: of each one item, with what was answered then. Left out are those that
 * failed then, and those whose input does not fit the contract now, as what was redacted may not. Where there are more than `most`, it
 * is those with the lowest hashes of the whole time.
 */
export async function replayCases(
  contract: Contract,
  filter: ReplayFilter,
  { payloads, clock }: ReplayPorts,
  most = casesMax,
): Promise<ReplayCases> {
  const { model, major } = contract
  const drawing = new DrawnCases(Math.min(most, casesMax), bytesMax)
  const left = { failed: 0, further: 0, unfit: 0 }
  const until = clock.elapsed() + lookMaxMs
  let pages = 0
  let after: string | undefined
  let lookedTo: number | undefined
  do {
    const page = await payloads.payloads({ model, major, ...filter, limit: pageSize, ...(after ? { after } : {}) })
    for (const payload of page.payloads) {
      const { one, failed, further } = caseOf(payload)
      left.failed += failed
      left.further += further
      if (one === undefined) continue
      if (contract.check.input(one.input, '') !== undefined) left.unfit++
      else drawing.add({ one, at: unitInterval('replayed call', payload.callId), redacted: payload.redacted })
    }
    lookedTo = page.payloads.at(-1)?.time ?? lookedTo
    after = page.next
  } while (after !== undefined && ++pages < pagesMax && clock.elapsed() < until)
  const { drawn, seen } = drawing.told()
  if (drawn.length === 0) throw nothingCaptured(contract, left)
  const redacted = drawn.filter((one) => one.redacted).length
  const short = drawn.length < Math.min(seen, most) ? seen : undefined
  const notes = notesOf(
    { ...left, redacted, short, lookedTo: after === undefined ? undefined : lookedTo },
    drawn.length,
  )
  return { cases: drawn.map(({ one }) => one), seen, notes }
}

interface ItemOfCall {
  /** Undefined where all items failed. */
  readonly one?: EvaluationCase
  readonly failed: number
  readonly further: number
}

/** One item a call: those of one call are much alike, and intervals that took each for a case of its own would be too narrow. */
function caseOf({ callId, inputs, outputs }: Payload): ItemOfCall {
  const answered = inputs.flatMap((input, place) => {
    const output = outputs[place]
    return output === undefined || 'error' in output ? [] : [{ input, place, answered: answeredBy(output) }]
  })
  const failed = inputs.length - answered.length
  const chosen = answered[chosenPlace('replayed item', callId, answered.length)]
  if (chosen === undefined) return { failed, further: 0 }
  const { place, ...rest } = chosen
  const id = inputs.length === 1 ? callId : `${callId}/${place}`
  return { one: { id, ...rest }, failed, further: answered.length - 1 }
}

function answeredBy(output: Exclude<PayloadOutput, { readonly error: string }>): unknown {
  return 'text' in output ? { text: output.text } : output.output
}

interface Counts {
  readonly failed: number
  readonly further: number
  readonly unfit: number
  readonly redacted: number
  /** Of so many, where there are fewer than were asked for, as no more may be kept. */
  readonly short: number | undefined
  /** Nothing after this moment was looked at: it would have taken too long. */
  readonly lookedTo: number | undefined
}

function notesOf({ failed, further, unfit, redacted, short, lookedTo }: Counts, cases: number): readonly string[] {
  return [
    failed > 0 && `${failed} captured items that failed then are left out.`,
    further > 0 &&
      `${further} further items are left out: those of one call are much alike, so that one of them is asked.`,
    unfit > 0 && `${unfit} captured inputs are left out: they do not fit the contract now.`,
    redacted > 0 &&
      `${redacted} inputs were captured redacted: where something was taken out, the answer of then was to another input.`,
    short !== undefined &&
      `${cases} of ${short} captured calls are replayed, as many as may: a sample of the whole time.`,
    lookedTo !== undefined &&
      `Nothing after ${new Date(lookedTo).toISOString()} was looked at, as it would take too long: name a shorter time, or a later one.`,
    cases > 1 &&
      'Each call counts as a case of its own: where few callers asked most of them, intervals are too narrow.',
  ].filter((note) => note !== false)
}

function nothingCaptured(
  { model, major, capture }: Contract,
  { failed, unfit }: Pick<Counts, 'failed' | 'unfit'>,
): AstraError {
  const left =
    failed + unfit > 0 ? ` that can be replayed (${failed} failed then, ${unfit} do not fit the contract)` : ''
  return new AstraError('conflict', {
    detail: `No call of ${model}@v${major} was captured in that time${left}`,
    next: capture
      ? 'Name a longer time (since), or wait for more calls.'
      : 'Declare "capture: redacted" on the contract in the manifest, apply it, and replay when calls have come. See docs/capture.md.',
  })
}
