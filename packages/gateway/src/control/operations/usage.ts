import Type from 'typebox'
import { type Operation, operation } from '../../kernel/operation.ts'
import { usageDimensions } from '../../kernel/store.ts'
import { durationOf, invalidField, momentOf } from './moments.ts'
import type { OperationPorts } from './ports.ts'
import { choice, closed, count, isoTime, listOf, milliseconds, text, time, usd } from './schemas.ts'

/** A day by the minute, two months by the hour: what a chart can show. */
const bucketsMax = 1500
const minuteMs = 60_000

const query = closed({
  since: Type.Optional(text('"30m", "1h", "2d" ago, or ISO 8601', 40)),
  until: Type.Optional(text('As since; left out: now', 40)),
  by: Type.Optional(listOf(choice(usageDimensions), { maxItems: usageDimensions.length })),
  every: Type.Optional(text('Width of a time bucket in whole minutes: "1m", "1h"', 40)),
  model: Type.Optional(Type.String({ maxLength: 64 })),
  consumer: Type.Optional(Type.String({ maxLength: 64 })),
})

const by = closed(Object.fromEntries(usageDimensions.map((name) => [name, Type.Optional(Type.String())])))

const row = closed({
  time,
  by,
  calls: count,
  failed: count,
  cached: Type.Integer({ minimum: 0, description: 'Calls that a cache answered' }),
  items: count,
  inputTokens: count,
  cachedInputTokens: Type.Integer({ minimum: 0, description: 'Of the input tokens those read from a prompt cache' }),
  cacheWriteInputTokens: Type.Integer({
    minimum: 0,
    description: 'Of the input tokens those written to a prompt cache',
  }),
  outputTokens: count,
  reasoningTokens: Type.Integer({ minimum: 0, description: 'Of the output tokens those of reasoning' }),
  costUsd: usd('of the calls that have a price'),
  unpriced: Type.Integer({
    minimum: 0,
    description: 'Calls that asked a model without a price: their cost is unknown',
  }),
  latencyMeanMs: milliseconds,
  latencyP50Ms: milliseconds,
  latencyP95Ms: milliseconds,
  latencyP99Ms: milliseconds,
})

export function usageOperations({ clock, reports }: OperationPorts): readonly Operation[] {
  return [
    operation({
      name: 'getUsage',
      summary: 'Calls, tokens, cost and latency over a time, split as asked',
      kind: 'query',
      permission: 'read',
      method: 'GET',
      path: '/usage',
      input: query,
      output: closed({ from: time, to: time, rows: listOf(row) }),
      run: async ({ since = '1h', until, by = [], every, ...only }) => {
        const now = clock.now()
        const from = momentOf(since, now, 'since')
        const to = until === undefined ? now : momentOf(until, now, 'until')
        if (from >= to) throw invalidField('since', 'must lie before until')
        const buckets = every === undefined ? {} : { everyMinutes: bucketMinutes(every, to - from) }
        const rows = await reports.usage({ from, to, by: [...new Set(by)], ...buckets, ...only })
        return {
          from: isoTime(from),
          to: isoTime(to),
          rows: rows.map((row) => ({ ...row, time: isoTime(row.time), by: { ...row.by } })),
        }
      },
    }),
  ]
}

function bucketMinutes(every: string, spanMs: number): number {
  const minutes = durationOf(every, 'every') / minuteMs
  if (!Number.isInteger(minutes) || minutes < 1) throw invalidField('every', 'must be whole minutes')
  const widest = Math.ceil(spanMs / minuteMs / bucketsMax)
  if (minutes < widest) throw invalidField('every', `makes more than ${bucketsMax} buckets; take ${widest}m or more`)
  return minutes
}
