import { type Dispatcher, Pool } from 'undici'
import { percentile } from '../measure/percentiles.ts'
import type { StreamsOrder, StreamsReport } from './run-read-streams.ts'

// Keeps a number of streams open, each followed by the next, and counts their chunks as they come. A process of its own:
// read-streams.ts ORDER, a StreamsOrder as JSON; prints a StreamsReport.
const { call, streams, seconds, chunks: expected, mark: words }: StreamsOrder = JSON.parse(process.argv[2] ?? '')
const pool = new Pool(call.url, { connections: streams, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 })
const headers = Object.entries(call.headers).flat()
const request: Dispatcher.DispatchOptions = { path: call.path, method: 'POST', headers, body: call.body }
const mark = Buffer.from(words)

let chunks = 0
let late = 0
const gapsMs: number[] = []
const until = performance.now() + seconds * 1000

class Reading implements Dispatcher.DispatchHandler {
  readonly #ended: PromiseWithResolvers<void>
  #status = 0
  #seen = 0
  #lastAt = 0
  #tail = ''

  constructor(ended: PromiseWithResolvers<void>) {
    this.#ended = ended
  }

  onRequestStart(): void {}

  onResponseStart(_: Dispatcher.DispatchController, status: number): void {
    this.#status = status
  }

  onResponseData(_: Dispatcher.DispatchController, data: Buffer): void {
    const now = performance.now()
    const came = count(data)
    this.#tail = data.toString('utf8', Math.max(0, data.length - 300))
    if (came === 0) return
    if (this.#seen > 0) gapsMs.push(now - this.#lastAt)
    // Whatever came with another was late: chunks are sent apart.
    late += came - 1
    this.#seen += came
    this.#lastAt = now
    chunks += came
  }

  onResponseEnd(): void {
    if (this.#status === 200 && this.#seen === expected) this.#ended.resolve()
    else this.#ended.reject(new Error(`status ${this.#status}, ${this.#seen} of ${expected} chunks: ${this.#tail}`))
  }

  onResponseError(_: unknown, error: Error): void {
    this.#ended.reject(error)
  }
}

async function reader(n: number): Promise<void> {
  // Begun apart, so that the streams' chunks do not all fall on one moment.
  await new Promise((resolve) => setTimeout(resolve, n * 3))
  while (performance.now() < until) {
    const ended = Promise.withResolvers<void>()
    pool.dispatch(request, new Reading(ended))
    await ended.promise
  }
}

function count(data: Buffer): number {
  let found = 0
  for (let at = data.indexOf(mark); at !== -1; at = data.indexOf(mark, at + mark.length)) found++
  return found
}

await Promise.all(Array.from({ length: streams }, (_, n) => reader(n)))
await pool.close()
const sorted = Float64Array.from(gapsMs).sort()
const report: StreamsReport = {
  chunks,
  late,
  gapMs: { p50: percentile(sorted, 50), p99: percentile(sorted, 99), max: sorted.at(-1) ?? 0 },
}
console.log(JSON.stringify(report))
