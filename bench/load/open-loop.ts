import { type Dispatcher, Pool } from 'undici'
import { percentile } from '../measure/percentiles.ts'
import { firstCallNumber, isNumbered, numbered } from './call.ts'
import type { OpenLoopOrder, OpenLoopReport } from './run-open-loop.ts'
import { constantRate } from './schedule.ts'

// Sends requests at a constant rate whether or not answers come, and takes each one's latency from when it was due. A process
// of its own: open-loop.ts ORDER, an OpenLoopOrder as JSON; prints an OpenLoopReport.
const { call, rate, seconds, connections }: OpenLoopOrder = JSON.parse(process.argv[2] ?? '')
const schedule = constantRate(rate, seconds)
const latencies = new Float64Array(schedule.count)
const lags = new Float64Array(schedule.count)
const pool = new Pool(call.url, { connections, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 })
const request: Dispatcher.DispatchOptions = { path: call.path, method: 'POST', headers: call.headers, body: call.body }
let number = firstCallNumber()
const isAlike = !isNumbered(call)

function nextRequest(): Dispatcher.DispatchOptions {
  if (isAlike) return request
  const { headers, body } = numbered(call, number++)
  return { ...request, headers, body }
}

let answered = 0
let failed = 0
let lastFailure = ''
const finished = Promise.withResolvers<void>()

/** One request: its number is all that it must remember. */
class Pending implements Dispatcher.DispatchHandler {
  readonly #n: number
  #status = 0

  constructor(n: number) {
    this.#n = n
  }

  onRequestStart(): void {}

  onResponseStart(_: Dispatcher.DispatchController, status: number): void {
    this.#status = status
  }

  onResponseData(): void {}

  onResponseEnd(): void {
    this.#end(this.#status === 200 ? undefined : `status ${this.#status}`)
  }

  onResponseError(_: unknown, error: Error): void {
    this.#end(error.message)
  }

  #end(failure: string | undefined): void {
    latencies[this.#n] = performance.now() - start - schedule.dueMs(this.#n)
    if (failure !== undefined) {
      failed++
      lastFailure = failure
    }
    if (++answered === schedule.count) finished.resolve()
  }
}

await Promise.all(Array.from({ length: connections }, warm))
let sent = 0
const start = performance.now() + 5
sendWhatIsDue()
await finished.promise
await pool.close()
const report: OpenLoopReport = {
  count: schedule.count,
  failed,
  lastFailure,
  latencyMs: percentilesOf(latencies),
  lagMs: percentilesOf(lags),
}
console.log(JSON.stringify(report))

/**
 * Never sleeps while requests are left to send: a timer's millisecond is longer than most answers take. It runs at the lowest
 * priority (see run-open-loop.ts), so that turning round takes nothing away from an upstream on the same core.
 */
function sendWhatIsDue(): void {
  const elapsed = performance.now() - start
  for (const due = schedule.dueBy(elapsed); sent < due; sent++) {
    lags[sent] = performance.now() - start - schedule.dueMs(sent)
    pool.dispatch(nextRequest(), new Pending(sent))
  }
  // As long as answers are out, too: they are read as soon as they come.
  if (answered < schedule.count) setImmediate(sendWhatIsDue)
}

/** Opens a connection; the answer must be good. */
async function warm(): Promise<void> {
  const { statusCode, body } = await pool.request({ ...nextRequest(), method: 'POST' })
  const text = await body.text()
  if (statusCode !== 200) throw new Error(`POST ${call.path} answered ${statusCode}: ${text.slice(0, 300)}`)
}

function percentilesOf(samples: Float64Array): OpenLoopReport['latencyMs'] {
  const sorted = samples.sort()
  const [p50, p90, p99, p999] = [50, 90, 99, 99.9].map((percent) => percentile(sorted, percent))
  return { p50: p50 ?? 0, p90: p90 ?? 0, p99: p99 ?? 0, p999: p999 ?? 0, max: sorted.at(-1) ?? 0 }
}
