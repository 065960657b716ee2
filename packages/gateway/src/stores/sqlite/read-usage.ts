import type { DatabaseSync } from 'node:sqlite'
import { AstraError } from '../../kernel/errors.ts'
import { type UsageDimension, type UsageQuery, type UsageRow, usageDimensions } from '../../kernel/store.ts'
import {
  emptyHistogram,
  encodeHistogram,
  type LatencyHistogram,
  latencyQuantile,
  mergeEncoded,
} from '../latency-histogram.ts'
import type { Row } from './call-row.ts'

const minuteMs = 60_000
const rowsMax = 10_000

/**
 * Reads usage from the minute roll-ups. Every minute that the time touches counts as a whole; buckets begin at multiples of
 * their width since the Unix epoch. More than 10,000 rows are refused with `query_too_costly`.
 */
export function usageReader(db: DatabaseSync) {
  db.aggregate('merge_latency', {
    start: emptyHistogram,
    step: (merged: LatencyHistogram, encoded) => mergeEncoded(merged, String(encoded)),
    result: encodeHistogram,
  })

  return {
    usage(query: UsageQuery): readonly UsageRow[] {
      const by = usageDimensions.filter((dimension) => query.by.includes(dimension))
      const fromMinute = Math.floor(query.from / minuteMs)
      const toMinute = Math.ceil(query.to / minuteMs)
      const { model = null, consumer = null, everyMinutes = null } = query
      const parameters = { fromMinute, toMinute, everyMinutes, model, consumer, limit: rowsMax + 1 }
      const rows = db.prepare(usageSql(by)).all(parameters)
      if (rows.length > rowsMax) throw tooMany()
      return rows.map((row) => usageRowOf(row, by))
    },
  }
}

/**
 * `by` holds names of our own table only, which are the columns' names too. `total` sums as REAL: neither it nor node:sqlite
 * throws, however large a count is.
 */
function usageSql(by: readonly UsageDimension[]): string {
  const groups = ['bucket', ...by].join(', ')
  return `
    SELECT
      coalesce(minute / cast($everyMinutes AS INTEGER) * cast($everyMinutes AS INTEGER), cast($fromMinute AS INTEGER))
        AS ${groups},
      total(calls) AS calls, total(failed) AS failed, total(cached) AS cached, total(items) AS items,
      total(input_tokens) AS inputTokens, total(cached_input_tokens) AS cachedInputTokens,
      total(cache_write_input_tokens) AS cacheWriteInputTokens,
      total(output_tokens) AS outputTokens, total(reasoning_tokens) AS reasoningTokens,
      total(cost_usd) AS costUsd, total(unpriced) AS unpriced,
      total(latency_sum_ms) AS latencySumMs, merge_latency(latency) AS latency
    FROM usage_minutes
    WHERE minute >= $fromMinute AND minute < $toMinute
      AND ($model IS NULL OR model = $model) AND ($consumer IS NULL OR consumer = $consumer)
    GROUP BY ${groups}
    ORDER BY ${groups}
    LIMIT $limit`
}

function valuesOf(row: Row, by: readonly UsageDimension[]): UsageRow['by'] {
  return Object.fromEntries(by.map((dimension) => [dimension, String(row[dimension])]))
}

function usageRowOf(row: Row, by: readonly UsageDimension[]): UsageRow {
  const sum = (name: string): number => Number(row[name])
  const latency = mergeEncoded(emptyHistogram(), String(row.latency))
  return {
    time: sum('bucket') * minuteMs,
    by: valuesOf(row, by),
    calls: sum('calls'),
    failed: sum('failed'),
    cached: sum('cached'),
    items: sum('items'),
    inputTokens: sum('inputTokens'),
    cachedInputTokens: sum('cachedInputTokens'),
    cacheWriteInputTokens: sum('cacheWriteInputTokens'),
    outputTokens: sum('outputTokens'),
    reasoningTokens: sum('reasoningTokens'),
    costUsd: sum('costUsd'),
    unpriced: sum('unpriced'),
    latencyMeanMs: sum('latencySumMs') / sum('calls'),
    latencyP50Ms: latencyQuantile(latency, 0.5),
    latencyP95Ms: latencyQuantile(latency, 0.95),
    latencyP99Ms: latencyQuantile(latency, 0.99),
  }
}

function tooMany(): AstraError {
  return new AstraError('query_too_costly', {
    detail: `The answer would hold more than ${rowsMax} rows`,
    next: 'Ask for a shorter time, wider buckets ("every") or fewer dimensions ("by").',
  })
}
