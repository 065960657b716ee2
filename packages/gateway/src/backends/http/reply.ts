/** An HTTP response's beginning. */
export interface ReplyHead {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** An HTTP response, read whole. */
export interface Reply extends ReplyHead {
  readonly body: Buffer
}

const retryAfterMaxMs = 3_600_000

/** When upstream says to come back: in ms, in seconds, or by a date, which is held against its own clock. At most an hour is believed. */
export function readRetryAfter({ headers }: ReplyHead): number | undefined {
  const exact = headers['retry-after-ms']
  if (typeof exact === 'string' && /^\d{1,9}(\.\d{1,9})?$/.test(exact)) return Math.min(Number(exact), retryAfterMaxMs)
  const value = headers['retry-after']
  if (typeof value !== 'string') return undefined
  const ms = /^\d{1,9}(\.\d{1,9})?$/.test(value) ? Number(value) * 1000 : httpDate(value) - httpDate(headers.date)
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), retryAfterMaxMs)
}

/** Date.parse alone takes "-1" for a year. */
function httpDate(value: unknown): number {
  return typeof value === 'string' && /^[A-Z][a-z]{2,8}, /.test(value) ? Date.parse(value) : Number.NaN
}
