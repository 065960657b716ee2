import { isOthersMoney } from '../../kernel/errors.ts'
import { ownerText } from '../../kernel/limit-text.ts'
import type { LimitStatus, RefusedBy } from '../../kernel/limits.ts'
import type { CallRecord } from '../../kernel/record.ts'
import { type Explanation, explainCall, faultText } from './explain-call.ts'
import { withoutUndefined } from './without-undefined.ts'

/**
 * The same for the consumer whose call it was: what its answer said, or could have said. So no internal reason, no replica, and
 * nothing of what others' models may spend but that it was that.
 */
export function explainToCaller(record: CallRecord, now: LimitStatus | undefined): Explanation {
  const { refusedBy } = record
  const others = refusedBy && isOthersMoney(refusedBy) ? refusedBy : undefined
  const shown = { ...record, reason: undefined, attempts: [] }
  const { why, freesAt, ...whole } = explainCall(shown, [], others ? undefined : now)
  return withoutUndefined({
    ...whole,
    refusedBy: others ? undefined : whole.refusedBy,
    freesAt,
    why: others ? othersWhy(shown, others, freesAt) : (whys[record.outcome]?.(shown) ?? why),
    versionAssigned: undefined,
    versionServed: undefined,
    story: [],
  })
}

/** Where attempts would be told. */
const whys: Readonly<Partial<Record<CallRecord['outcome'], (record: CallRecord) => string>>> = {
  failed: (record) => `It failed with ${faultText(record)}.`,
  cancelled: () => 'The caller went away.',
}

function othersWhy({ code }: CallRecord, { owner }: RefusedBy, freesAt: string | undefined): string {
  const then = freesAt === undefined ? 'Waiting does not help' : `It frees at ${freesAt}`
  return `It was refused with "${code}", as the budget of ${ownerText(owner)} did not leave room for it. ${then}.`
}
