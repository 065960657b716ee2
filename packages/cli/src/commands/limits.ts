import type { Command } from 'commander'
import { ask, type ClientOptions, clientCommand } from '../client-command.ts'
import { columns } from '../columns.ts'
import type { Io } from '../io.ts'

const filters = {
  consumer: ['--consumer <name>', 'of calls of this consumer, and its team'],
  key: ['--key <id>', 'of calls with this key'],
  team: ['--team <name>', "of this team, in place of the consumer's own"],
  model: ['--model <name>', 'of calls of this model'],
  major: ['--major <major>', 'of this contract (default: its default major)'],
  version: ['--version <id>', 'of this version'],
} as const

type LimitsOptions = ClientOptions & Readonly<Partial<Record<keyof typeof filters, string>>>

interface Limits {
  readonly limits: readonly {
    readonly owner: { readonly kind: string; readonly name: string }
    readonly kind: string
    readonly limit: number
    readonly windowMs?: number
    readonly remaining: number
    readonly resetMs: number
  }[]
}

export function limitsCommand(program: Command, io: Io): void {
  clientCommand(program, {
    usage: 'limits',
    summary: 'show the limits and budgets that calls meet, and what is left of them',
    examples: ['astraapi limits --consumer shop --model spam', 'astraapi limits --key key_3f9a'],
    options: Object.values(filters),
  }).action(async (options: LimitsOptions) => {
    const names = Object.keys(filters) as (keyof typeof filters)[]
    const query = Object.fromEntries(names.map((name) => [name, options[name]]))
    const data = await ask<Limits>(options, io, (client) => client.request('GET', '/api/v1/limits', { query }))
    if (!data) return
    for (const line of columns(data.limits.map(rowOf))) io.out.line(line)
    if (data.limits.length === 0) io.notes.line('No limits.')
  })
}

type Limit = Limits['limits'][number]

function rowOf({ owner, kind, limit, windowMs, remaining, resetMs }: Limit) {
  const rate = windowMs !== undefined && !kind.startsWith('budget-')
  return {
    owner: `${owner.kind} ${owner.name}`,
    kind,
    limit: rate ? `${limit} in ${spanText(windowMs)}` : String(limit),
    left: String(Number(remaining.toPrecision(6))),
    'all again in': resetMs > 0 ? spanText(resetMs) : '-',
  }
}

const units = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
] as const

/** "36s", "1m", "5.2d". */
function spanText(ms: number): string {
  for (const [unit, name] of units) if (ms >= unit) return `${Number((ms / unit).toFixed(1))}${name}`
  return `${Math.ceil(ms / 1000)}s`
}
