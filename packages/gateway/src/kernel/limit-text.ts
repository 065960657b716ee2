import type { LimitKind, LimitOwner, LimitStatus, RefusedBy } from './limits.ts'

/** Limits for people. */

/** `consumer "shop"`, `key key_3f9a`, `version spam@v1/1.1`. */
export function ownerText({ kind, name }: LimitOwner): string {
  return kind === 'key' || kind === 'version' ? `${kind} ${name}` : `${kind} "${name}"`
}

/** "100 requests a minute", "30 requests an hour, 1 at once", "50 calls in flight", "USD 20 a day". */
export function limitText({
  kind,
  limit,
  windowMs,
  burst,
}: Pick<LimitStatus, 'kind' | 'limit' | 'windowMs' | 'burst'>): string {
  const text = kindTexts[kind](limit, intervalText(windowMs))
  return burst === undefined ? text : `${text}, ${burst} at once`
}

type Words = (limit: number, interval: string) => string

const counted = (limit: number, one: string) => `${limit} ${one}${limit === 1 ? '' : 's'}`

const rate =
  (one: string): Words =>
  (limit, interval) =>
    `${counted(limit, one)} ${interval}`

const kindTexts: Readonly<Record<LimitKind, Words>> = {
  requests: rate('request'),
  items: rate('item'),
  tokens: rate('token'),
  concurrent: (limit) => `${counted(limit, 'call')} in flight`,
  'budget-day': (limit) => `USD ${limit} a day`,
  'budget-month': (limit) => `USD ${limit} a month`,
}

const intervals: ReadonlyMap<number | undefined, string> = new Map([
  [1000, 'a second'],
  [60_000, 'a minute'],
  [3_600_000, 'an hour'],
  [86_400_000, 'a day'],
])

function intervalText(windowMs: number | undefined): string {
  return intervals.get(windowMs) ?? `in ${(windowMs ?? 0) / 1000} s`
}

export function isBudget(kind: LimitKind): boolean {
  return kind === 'budget-day' || kind === 'budget-month'
}

/** What helps beside waiting; undefined where nothing does. */
export function nextOfRefused({ kind, remaining, retryAfterMs }: RefusedBy): string | undefined {
  const never = retryAfterMs === undefined
  if (isBudget(kind)) {
    const less = 'Ask for less: a shorter input, or a lower bound on the answer (max_tokens), as all of it is reserved'
    if (never) return `${less}; or ask an administrator for more.`
    return remaining > 0 ? `${less}; or wait until the budget begins anew.` : undefined
  }
  if (!never) return undefined
  return kind === 'tokens'
    ? 'Send less at once, or bound the answer lower: what it may have at most is reserved.'
    : 'Split it over several calls.'
}
