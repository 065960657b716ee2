import type { CapturePolicy } from '../../kernel/contract-policies.ts'
import type { Violation } from '../../kernel/errors.ts'
import type { Schema } from '../../kernel/schema/schema.ts'
import { closed, duration, list, text } from './forms.ts'
import type { FaultAt, ManifestContract, Place } from './manifest.ts'
import { longDurationText, parseLongDuration } from './quantities.ts'

/** Which payloads of a contract are kept, as people write it: in full, or only how. */
export type ManifestCapture = CapturePolicy['payload'] | CaptureFields

interface CaptureFields {
  readonly payload: CapturePolicy['payload']
  readonly share?: number
  readonly keep?: string
  readonly redact?: readonly string[]
}

const dayMs = 86_400_000
const usual = { share: 1, keepMs: 30 * dayMs } as const
/** As long as metadata is worth anything: 13 months. */
const keepMsMax = 400 * dayMs
const pointersMax = 100
const payload: Schema = { type: 'string', enum: ['redacted', 'full'] }

export const captureForm: Schema = {
  oneOf: [
    payload,
    closed(
      { payload },
      {
        share: { type: 'number', exclusiveMinimum: 0, maximum: 1 },
        keep: { ...duration, examples: ['30d'] },
        redact: list({ ...text, maxLength: 500, examples: ['/input/text'] }, pointersMax),
      },
    ),
  ],
}

/** What the form cannot say; whether pointers lead anywhere, `checkCapture` tells. */
export function captureFaults({ capture }: ManifestContract, place: Place, faultAt: FaultAt): Violation[] {
  if (capture === undefined) return []
  const { payload, keep, redact = [] } = fieldsOf(capture)
  const at = [...place, 'capture']
  const faults: Violation[] = []
  if (keep !== undefined && (parseLongDuration(keep) ?? Number.POSITIVE_INFINITY) > keepMsMax) {
    faults.push(faultAt([...at, 'keep'], 'must be a duration such as 12h, 7d or 30d, at most 400d'))
  }
  if (payload === 'full' && redact.length > 0) {
    faults.push(faultAt([...at, 'redact'], 'has no use: "full" leaves nothing out', 'Say payload: redacted.'))
  }
  return faults
}

export function capturePolicyOf(capture: ManifestCapture): CapturePolicy {
  const { payload, share = usual.share, keep, redact } = fieldsOf(capture)
  const keepMs = (keep === undefined ? undefined : parseLongDuration(keep)) ?? usual.keepMs
  return { payload, share, keepMs, ...(redact ? { redact } : {}) }
}

/** As short as it may be. */
export function captureOut({ payload, share, keepMs, redact }: CapturePolicy): ManifestCapture {
  const fields = {
    ...(share === usual.share ? {} : { share }),
    ...(keepMs === usual.keepMs ? {} : { keep: longDurationText(keepMs) }),
    ...(redact ? { redact } : {}),
  }
  return Object.keys(fields).length === 0 ? payload : { payload, ...fields }
}

function fieldsOf(capture: ManifestCapture): CaptureFields {
  return typeof capture === 'string' ? { payload: capture } : capture
}
