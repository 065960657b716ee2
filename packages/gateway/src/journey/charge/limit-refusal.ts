import { type AstraError, type ErrorCode, refusal } from '../../kernel/errors.ts'
import { isBudget, limitText, nextOfRefused, ownerText } from '../../kernel/limit-text.ts'
import type { LimitOwner, LimitStatus, RefusedBy } from '../../kernel/limits.ts'

/** Where the counter cannot tell when a place will be free. */
const placeRetryMs = 1000

/**
 * Names the limit, its owner and when it frees. `limits`: what its headers tell; `retryMs`: until the limit could be kept, undefined where
 * waiting does not help; `amount`: what the call asked of it.
 */
export function limitRefusal(
  status: LimitStatus,
  limits: readonly LimitStatus[],
  retryMs: number | undefined,
  amount: number,
): AstraError {
  const never = neverFits(status, retryMs, amount)
  const retryAfterMs = never ? undefined : (retryMs ?? placeRetryMs)
  const refusedBy: RefusedBy = { ...status, retryAfterMs }
  const next = nextOfRefused(refusedBy)
  return refusal(codeOf(status), {
    detail: detailOf(status, amount, retryAfterMs),
    ...(next === undefined ? {} : { next }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    refusedBy,
    limits,
  })
}

function neverFits({ kind }: LimitStatus, retryAfterMs: number | undefined, amount: number): boolean {
  return retryAfterMs === undefined && amount > 0 && kind !== 'concurrent'
}

/** Too many calls at a model are nothing that its caller did. */
function codeOf({ kind, owner }: LimitStatus): ErrorCode {
  if (isBudget(kind)) return 'budget_exhausted'
  return kind === 'concurrent' && !isCallers(owner) ? 'overloaded' : 'rate_limited'
}

/** Whose figures the caller may know in full. */
export function isCallers({ kind }: LimitOwner): boolean {
  return kind !== 'model' && kind !== 'version'
}

/** `retryAfterMs`: undefined where it never fits. */
function detailOf(status: LimitStatus, amount: number, retryAfterMs: number | undefined): string {
  const { owner, kind, remaining, burst } = status
  const whose = ownerText(owner)
  if (isBudget(kind) && !isCallers(owner)) return `The budget of ${whose} does not leave room for this call`
  const limit = `The limit of ${whose} is ${limitText(status)}`
  if (kind === 'concurrent') return `${limit}, and as many are`
  const [needed, left] = isBudget(kind)
    ? [usd(amount), usd(remaining)]
    : [String(amount), String(Math.floor(remaining))]
  if (retryAfterMs === undefined) return `${limit}, and this call may need ${needed} at once: that never fits`
  // Of an interval's amount there may be plenty left where the burst is used up.
  if (kind === 'requests')
    return burst === undefined
      ? `${limit}, and none is left`
      : `${limit}; the next in ${Math.ceil(retryAfterMs / 1000)} s`
  return `${limit}: ${left} ${burst === undefined ? 'are left' : 'can be had now'}, and this call may need ${needed}`
}

/** To the cent, or where that is not enough to the first figures. */
function usd(amount: number): string {
  return `USD ${amount >= 1 || amount === 0 ? amount.toFixed(2) : Number(amount.toPrecision(2))}`
}
