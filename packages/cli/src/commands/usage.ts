import type { Command } from 'commander'
import type { Client } from '../client.ts'
import { ask, type ClientOptions, clientCommand } from '../client-command.ts'
import { columns } from '../columns.ts'
import { Failure } from '../failures.ts'
import type { Io } from '../io.ts'
import { moneySpent } from '../money.ts'
import { rounded, shortTime, type Usage } from '../platform.ts'

interface UsageOptions extends ClientOptions {
  readonly since?: string
  readonly until?: string
  readonly by?: string
  readonly every?: string
  readonly model?: string
  readonly consumer?: string
}

export function usageCommand(program: Command, io: Io): void {
  clientCommand(program, {
    usage: 'usage',
    summary: 'show calls, tokens, cost and latency over a time',
    examples: ['astraapi usage --since 1d --by model,version', 'astraapi usage --since 6h --every 1h --model spam'],
    options: [
      ['--since <time>', 'from 30m, 1h, 2d ago, or a time (default 1h)'],
      ['--until <time>', 'to then (default: now)'],
      ['--by <list>', 'split by any of model,version,consumer,team,door,outcome,code'],
      ['--every <duration>', 'split by time, e.g. 1m, 1h'],
      ['--model <name>', 'of this model only'],
      ['--consumer <name>', 'of this consumer only'],
    ],
  }).action(async (options: UsageOptions) => {
    const { since, until, by, every, model, consumer } = options
    const query = { since, until, by, every, model, consumer } as Readonly<Record<string, string>>
    let refused: Refused
    const data = await ask<Usage>(options, io, async (client) => {
      const reply = await client.request<Usage>('GET', '/api/v1/usage', { query })
      if (!options.json && reply.data.rows.length > 0) refused = await askRefused(client, reply.data, query)
      return reply
    })
    if (!data) return
    const anyOf = (name: keyof Row & `${string}Tokens`) => data.rows.some((row) => (row[name] ?? 0) > 0)
    const shown = {
      timed: every !== undefined,
      tokens: anyOf('inputTokens') || anyOf('outputTokens'),
      answered: data.rows.some((row) => (row.cached ?? 0) > 0),
      cached: anyOf('cachedInputTokens'),
      cacheWritten: anyOf('cacheWriteInputTokens'),
    }
    for (const line of columns(data.rows.map((row) => rowOf(row, shown, refused)))) io.out.line(line)
    io.notes.line(
      `${data.rows.length === 0 ? 'No calls' : 'UTC'}, ${shortTime(data.from)} to ${shortTime(data.to)}`,
      'dim',
    )
  })
}

type Row = Usage['rows'][number]
/** Refused calls by row, see keyOf; undefined where that is not known. */
type Refused = ReadonlyMap<string, number> | undefined

/** `failed` does not count refusals: the outcome does, which is asked for over the very same time. */
async function askRefused(client: Client, { from, to }: Usage, query: Readonly<Record<string, string | undefined>>) {
  const by = query.by?.split(',').map((name) => name.trim()) ?? []
  // Its own column says it already.
  if (by.includes('outcome')) return undefined
  const whole = { ...query, since: from, until: to, by: [...by, 'outcome'].join(',') }
  try {
    const { data } = await client.request<Usage>('GET', '/api/v1/usage', { query: whole })
    const rows = data.rows.filter((row) => row.by.outcome === 'refused')
    return new Map(rows.map((row) => [keyOf(row), row.calls]))
  } catch (error) {
    // Split further, the answer may hold more rows than the gateway gives.
    if (error instanceof Failure && error.exitCode === 1) return undefined
    throw error
  }
}

function keyOf({ time, by: { outcome, ...by } }: Row): string {
  return JSON.stringify([time, Object.entries(by).sort()])
}

/** Columns that not every report has. */
type Shown = Readonly<Record<'timed' | 'answered' | 'tokens' | 'cached' | 'cacheWritten', boolean>>

function rowOf(row: Row, { timed, answered, tokens, cached, cacheWritten }: Shown, refused: Refused) {
  return {
    ...(timed ? { time: shortTime(row.time) } : {}),
    ...Object.fromEntries(Object.entries(row.by).map(([name, value]) => [name, value || '-'])),
    calls: row.calls,
    ...(refused ? { refused: refused.get(keyOf(row)) ?? 0 } : {}),
    failed: row.failed,
    ...(answered ? { 'from cache': row.cached ?? 0 } : {}),
    items: row.items,
    ...(tokens ? { 'tokens in': row.inputTokens } : {}),
    ...(cached ? { cached: row.cachedInputTokens ?? 0 } : {}),
    ...(cacheWritten ? { 'cache writes': row.cacheWriteInputTokens ?? 0 } : {}),
    ...(tokens ? { 'tokens out': row.outputTokens } : {}),
    cost: moneySpent(row.costUsd, row.unpriced),
    'mean ms': rounded(row.latencyMeanMs),
    'p50 ms': rounded(row.latencyP50Ms),
    'p95 ms': rounded(row.latencyP95Ms),
    'p99 ms': rounded(row.latencyP99Ms),
  }
}
