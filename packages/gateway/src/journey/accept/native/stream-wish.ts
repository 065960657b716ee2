/** Whether an Accept header wants its answer as an event stream: only so, if it can be had, or not at all. */
export type StreamWish = 'only' | 'rather' | 'no'

/** RFC 9110, 12.5.1, as far as it bears on two media types: a whole answer that is liked better wins over a stream. */
export function streamWish(accept: string | undefined): StreamWish {
  if (!accept || !/text\/event-stream/i.test(accept)) return 'no'
  let stream = 0
  let whole = 0
  for (const range of accept.split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
    const q = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1)
    if (type === 'text/event-stream') stream = q
    else if (wholeRanges.has(type)) whole = Math.max(whole, q)
  }
  if (!(stream > 0) || whole > stream) return 'no'
  return whole > 0 ? 'rather' : 'only'
}

const wholeRanges: ReadonlySet<string> = new Set(['application/json', 'application/*', '*/*'])
