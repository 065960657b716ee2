import type { Contract } from '../../kernel/catalog.ts'
import { AstraError } from '../../kernel/errors.ts'
import { casesMax, type EvaluationCase } from '../../kernel/evaluation.ts'
import type { Payload, PayloadOutput, PayloadStore } from '../../kernel/payload.ts'

export interface ReplayFilter {
  /** ms since the Unix epoch; from (inclusive), to (exclusive). */
  readonly from: number
  readonly to: number
  /** Id of the version that answered then; left out: any. */
  readonly version?: string
}

export interface ReplayCases {
  readonly cases: readonly EvaluationCase[]
  readonly notes: readonly string[]
}

const pageSize = 500
/** Of all of them together as JSON. */
const bytesMax = 16 * 2 ** 20

/**
 * The captured calls of a contract as cases, the oldest first: each item is one, with what was answered then. Left out are those that
 * failed then, and those whose input does not fit the contract now, as what was redacted may not.
 */
export async function replayCases(
  contract: Contract,
  filter: ReplayFilter,
  payloads: Pick<PayloadStore, 'payloads'>,
): Promise<ReplayCases> {
  const { model, major } = contract
  const cases: EvaluationCase[] = []
  const counts = { failed: 0, unfit: 0, redacted: 0, cut: false }
  let bytes = 0
  let after: string | undefined
  do {
    const page = await payloads.payloads({ model, major, ...filter, limit: pageSize, ...(after ? { after } : {}) })
    for (const payload of page.payloads) {
      for (const one of casesOf(payload)) {
        if (one === undefined) counts.failed++
        else if (contract.check.input(one.input, '') !== undefined) counts.unfit++
        else if (cases.length >= casesMax || bytes > bytesMax) counts.cut = true
        else {
          cases.push(one)
          bytes += JSON.stringify(one).length
          if (payload.redacted) counts.redacted++
        }
      }
    }
    after = page.next
  } while (after !== undefined && !counts.cut)
  if (cases.length === 0) throw nothingCaptured(contract, counts)
  return { cases, notes: notesOf(counts, cases.length) }
}

/** Undefined for an item that failed. */
function casesOf({ callId, inputs, outputs }: Payload): readonly (EvaluationCase | undefined)[] {
  return inputs.map((input, place) => {
    const output = outputs[place]
    if (output === undefined || 'error' in output) return undefined
    const id = inputs.length === 1 ? callId : `${callId}/${place}`
    return { id, input, answered: answeredBy(output) }
  })
}

function answeredBy(output: Exclude<PayloadOutput, { readonly error: string }>): unknown {
  return 'text' in output ? { text: output.text } : output.output
}

interface Counts {
  readonly failed: number
  readonly unfit: number
  readonly redacted: number
  readonly cut: boolean
}

function notesOf({ failed, unfit, redacted, cut }: Counts, cases: number): readonly string[] {
  return [
    failed > 0 && `${failed} captured items that failed then are left out.`,
    unfit > 0 && `${unfit} captured inputs are left out: they do not fit the contract now.`,
    redacted > 0 &&
      `${redacted} inputs were captured redacted: where something was taken out, the answer of then was to another input.`,
    cut && `Only the first ${cases} of that time are replayed, as many as may: name a shorter one for the others.`,
  ].filter((note) => note !== false)
}

function nothingCaptured({ model, major, capture }: Contract, { failed, unfit }: Counts): AstraError {
  const left =
    failed + unfit > 0 ? ` that can be replayed (${failed} failed then, ${unfit} do not fit the contract)` : ''
  return new AstraError('conflict', {
    detail: `No call of ${model}@v${major} was captured in that time${left}`,
    next: capture
      ? 'Name a longer time (since), or wait for more calls.'
      : 'Declare "capture: redacted" on the contract in the manifest, apply it, and replay when calls have come. See docs/capture.md.',
  })
}
