import type { LimitKind, LimitOwner, LimitStatus } from './limits.ts'

/** Limits for people. */

/** `consumer "shop"`, `key key_3f9a`, `version spam@v1/1.1`. */
export function ownerText({ kind, name }: LimitOwner): string {
  return kind === 'key' || kind === 'version' ? `${kind} ${name}` : `${kind} "${name}"`
}

/** "100 requests a minute", "50 calls in flight", "USD 20 a day". */
export function limitText({ kind, limit, windowMs }: Pick<LimitStatus, 'kind' | 'limit' | 'windowMs'>): string {
  return kindTexts[kind](limit, intervalText(windowMs))
}

type Words = (limit: number, interval: string) => string

const rate =
  (what: string): Words =>
  (limit, interval) =>
    `${limit} ${what} ${interval}`

const kindTexts: Readonly<Record<LimitKind, Words>> = {
  requests: rate('requests'),
  items: rate('items'),
  tokens: rate('tokens'),
  concurrent: (limit) => `${limit} calls in flight`,
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
