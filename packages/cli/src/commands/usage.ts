import type { Command } from 'commander'
import { ask, type ClientOptions, clientCommand } from '../client-command.ts'
import { columns } from '../columns.ts'
import type { Io } from '../io.ts'
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
    summary: 'show calls, tokens and latency over a time',
    examples: ['astraapi usage --since 1d --by model,version', 'astraapi usage --since 6h --every 1h --model spam'],
    options: [
      ['--since <time>', 'from 30m, 1h, 2d ago, or a time (default 1h)'],
      ['--until <time>', 'to then (default: now)'],
      ['--by <list>', 'split by any of model,version,consumer,door,outcome,code'],
      ['--every <duration>', 'split by time, e.g. 1m, 1h'],
      ['--model <name>', 'of this model only'],
      ['--consumer <name>', 'of this consumer only'],
    ],
  }).action(async (options: UsageOptions) => {
    const { since, until, by, every, model, consumer } = options
    const query = { since, until, by, every, model, consumer } as Readonly<Record<string, string>>
    const data = await ask<Usage>(options, io, (client) => client.request('GET', '/api/v1/usage', { query }))
    if (!data) return
    for (const line of columns(data.rows.map((row) => rowOf(row, every !== undefined)))) io.out.line(line)
    io.notes.line(
      `${data.rows.length === 0 ? 'No calls' : 'UTC'}, ${shortTime(data.from)} to ${shortTime(data.to)}`,
      'dim',
    )
  })
}

function rowOf(row: Usage['rows'][number], timed: boolean) {
  return {
    ...(timed ? { time: shortTime(row.time) } : {}),
    ...Object.fromEntries(Object.entries(row.by).map(([name, value]) => [name, value || '-'])),
    calls: row.calls,
    failed: row.failed,
    items: row.items,
    'tokens in': row.inputTokens,
    'tokens out': row.outputTokens,
    'mean ms': rounded(row.latencyMeanMs),
    'p50 ms': rounded(row.latencyP50Ms),
    'p95 ms': rounded(row.latencyP95Ms),
    'p99 ms': rounded(row.latencyP99Ms),
  }
}
