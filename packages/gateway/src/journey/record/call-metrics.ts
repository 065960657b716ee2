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

/**
 * Kept here rather than by prom-client, whose labels are sorted, joined and hashed anew at every observation: 4.7 us a call in
 * a profile of the whole gateway. Labels are bounded, as the catalog and closed sets are.
 */
export function createCallMetrics(): CallMetrics {
  const calls = new Map<string, { count: number }>()
  const cached = new Map<string, { count: number }>()
  const durations = new Map<string, Histogram>()
  const begin = (labels: string): Histogram => {
    const histogram = { labels, counts: new Float64Array(buckets.length + 1), sum: 0 }
    durations.set(labels, histogram)
    return histogram
  }
  return {
    observe({ model, major, versionAssigned, door, outcome, code, latencyMs, cache }) {
      const version = versionAssigned ?? ''
      const name = versionAssigned === undefined ? '' : model
      const what = `model="${name}",major="${name && `v${major}`}",version="${version}",door="${door}"`
      const key = `${what},outcome="${outcome}",code="${code ?? ''}"`
      count(calls, key)
      if (!name) return
      if (cache) count(cached, `model="${name}",major="v${major}",version="${version}",outcome="${cache}"`)
      const labels = `model="${name}",version="${version}",door="${door}"`
      const histogram = durations.get(labels) ?? begin(labels)
      const seconds = latencyMs / 1000
      const bucket = bucketOf(seconds)
      histogram.counts[bucket] = (histogram.counts[bucket] ?? 0) + 1
      histogram.sum += seconds
    },
    text() {
      const lines = ['# HELP astra_calls_total Calls recorded', '# TYPE astra_calls_total counter']
      for (const [labels, { count }] of calls) lines.push(`astra_calls_total{${labels}} ${count}`)
      lines.push('# HELP astra_cache_calls_total Calls of contracts with a cache, by what it had to do with them')
      lines.push('# TYPE astra_cache_calls_total counter')
      for (const [labels, { count }] of cached) lines.push(`astra_cache_calls_total{${labels}} ${count}`)
      lines.push('# HELP astra_call_duration_seconds From receiving a call to its answer, queueing included')
      lines.push('# TYPE astra_call_duration_seconds histogram')
      for (const histogram of durations.values()) lines.push(...linesOf(histogram))
      return `${lines.join('\n')}\n`
    },
  }
}

function count(counts: Map<string, { count: number }>, key: string): void {
  const known = counts.get(key)
  if (known) known.count++
  else counts.set(key, { count: 1 })
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
