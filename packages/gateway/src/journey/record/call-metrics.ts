import type { CallRecord } from '../../kernel/record.ts'

/** Seconds; the wide end is for language models. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const

/** What every call adds to: `astra_calls_total`, `astra_cache_calls_total` and `astra_call_duration_seconds`. */
export interface CallMetrics {
  observe(record: CallRecord): void
  /** In Prometheus' text format. */
  text(): string
}

interface Histogram {
  readonly labels: string
  /** Per bucket, not cumulative; the last one is beyond all bounds. */
  readonly counts: Float64Array
  sum: number
}

interface Count {
  readonly labels: string
  count: number
}

/** What is counted, by one label after the other: to join them into one text first is 1.5 us a call. */
class Series<Value> {
  readonly #next = new Map<string | number | undefined, Series<Value>>()
  value: Value | undefined

  at(label: string | number | undefined): Series<Value> {
    let next = this.#next.get(label)
    if (!next) {
      next = new Series()
      this.#next.set(label, next)
    }
    return next
  }

  *all(): Generator<Value> {
    if (this.value !== undefined) yield this.value
    for (const next of this.#next.values()) yield* next.all()
  }
}

/**
 * Kept here rather than by prom-client, whose labels are sorted, joined and hashed anew at every observation: 4.7 us a call in
 * a profile of the whole gateway. Labels are bounded, as the catalog and closed sets are.
 */
export function createCallMetrics(): CallMetrics {
  const calls = new Series<Count>()
  const cached = new Series<Count>()
  const durations = new Series<Histogram>()
  return {
    observe({ model, major, versionAssigned, door, outcome, code, latencyMs, cache }) {
      const version = versionAssigned ?? ''
      // Of a call that got no version, a caller chose the name.
      const name = versionAssigned === undefined ? '' : model
      const number = name === '' ? '' : `v${major}`
      const ofVersion = calls.at(name).at(number).at(version)
      const call = ofVersion.at(door).at(outcome).at(code)
      call.value ??= {
        labels: `model="${name}",major="${number}",version="${version}",door="${door}",outcome="${outcome}",code="${code ?? ''}"`,
        count: 0,
      }
      call.value.count++
      if (!name) return
      if (cache) {
        const one = cached.at(name).at(number).at(version).at(cache)
        one.value ??= { labels: `model="${name}",major="${number}",version="${version}",outcome="${cache}"`, count: 0 }
        one.value.count++
      }
      const duration = durations.at(name).at(version).at(door)
      duration.value ??= emptyHistogram(`model="${name}",version="${version}",door="${door}"`)
      addTo(duration.value, latencyMs / 1000)
    },
    text() {
      const lines = ['# HELP astra_calls_total Calls recorded', '# TYPE astra_calls_total counter']
      for (const { labels, count } of calls.all()) lines.push(`astra_calls_total{${labels}} ${count}`)
      lines.push('# HELP astra_cache_calls_total Calls of contracts with a cache, by what it had to do with them')
      lines.push('# TYPE astra_cache_calls_total counter')
      for (const { labels, count } of cached.all()) lines.push(`astra_cache_calls_total{${labels}} ${count}`)
      lines.push('# HELP astra_call_duration_seconds From receiving a call to its answer, queueing included')
      lines.push('# TYPE astra_call_duration_seconds histogram')
      for (const histogram of durations.all()) lines.push(...linesOf(histogram))
      return `${lines.join('\n')}\n`
    },
  }
}

function emptyHistogram(labels: string): Histogram {
  return { labels, counts: new Float64Array(buckets.length + 1), sum: 0 }
}

function addTo(histogram: Histogram, seconds: number): void {
  const bucket = bucketOf(seconds)
  histogram.counts[bucket] = (histogram.counts[bucket] ?? 0) + 1
  histogram.sum += seconds
}

function bucketOf(seconds: number): number {
  let i = 0
  while (i < buckets.length && seconds > (buckets[i] as number)) i++
  return i
}

function linesOf({ labels, counts, sum }: Histogram): readonly string[] {
  let total = 0
  const lines: string[] = []
  counts.forEach((count, i) => {
    total += count
    lines.push(`astra_call_duration_seconds_bucket{le="${buckets[i] ?? '+Inf'}",${labels}} ${total}`)
  })
  return [
    ...lines,
    `astra_call_duration_seconds_sum{${labels}} ${sum}`,
    `astra_call_duration_seconds_count{${labels}} ${total}`,
  ]
}
