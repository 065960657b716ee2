/** One call that is made over and over; what a load generator needs to know of it. */
export interface Call {
  readonly url: string
  readonly path: string
  /** In its values and in the body `callNumber` stands for a number that no other call has. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Of every answer; left out: a good one. */
  readonly status?: number
}

/** Load generators write another number in its place for each call, in as many bytes. */
export const callNumber = 'CALLNUMBER000000'

/** Of a run that begins now. A number is a microsecond: at less than a million calls a second no run comes to those of the next. */
export function firstCallNumber(): number {
  return Date.now() * 1000
}

export function isNumbered({ headers, body }: Call): boolean {
  return [body, ...Object.values(headers)].some((text) => text.includes(callNumber))
}

export function numbered<C extends Pick<Call, 'headers' | 'body'>>(call: C, number: number): C {
  const write = (text: string) => text.replaceAll(callNumber, String(number))
  const headers = Object.entries(call.headers).map(([name, value]) => [name, write(value)])
  return { ...call, headers: Object.fromEntries(headers), body: write(call.body) }
}

/**
 * Makes the call once and throws unless the answer has its status and holds `expected`, which may look for headers, too, in lines of
 * their own before the body: a fast refusal must not pass for speed.
 */
export async function checkCall(call: Call, expected: string | RegExp): Promise<string> {
  const { url, path, headers, body, status = 200 } = numbered(call, firstCallNumber())
  const response = await fetch(url + path, { method: 'POST', headers, body })
  const text = await response.text()
  const whole = `${[...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n')}\n\n${text}`
  const holds = typeof expected === 'string' ? text.includes(expected) : expected.test(whole)
  if (response.status !== status || !holds) {
    throw new Error(`POST ${path} answered ${response.status}, not as ${expected}: ${whole.slice(0, 900)}`)
  }
  return text
}
