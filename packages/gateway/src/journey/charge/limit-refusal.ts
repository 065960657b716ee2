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
    detail: detailOf(status, amount, never),
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

function detailOf(status: LimitStatus, amount: number, never: boolean): string {
  const { owner, kind, remaining } = status
  const whose = ownerText(owner)
  if (isBudget(kind) && !isCallers(owner)) return `The budget of ${whose} does not leave room for this call`
  const limit = `The limit of ${whose} is ${limitText(status)}`
  if (kind === 'concurrent') return `${limit}, and as many are`
  const [needed, left] = isBudget(kind)
    ? [usd(amount), usd(remaining)]
    : [String(amount), String(Math.floor(remaining))]
  const most = status.burst === undefined ? '' : `, ${status.burst} at once`
  if (never) return `${limit}${most}, and this call may need ${needed} at once: that never fits`
  if (kind === 'requests') return `${limit}, and none is left`
  return `${limit}: ${left} are left, and this call may need ${needed}`
}

/** To the cent, or where that is not enough to the first figures. */
function usd(amount: number): string {
  return `USD ${amount >= 1 || amount === 0 ? amount.toFixed(2) : Number(amount.toPrecision(2))}`
}
