import type { Command } from 'commander'
import { ask, type ClientOptions, clientCommand } from '../client-command.ts'
import { columns } from '../columns.ts'
import type { Io } from '../io.ts'
import { amountText, isBudget } from '../limit-amount.ts'

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
    /** Of a rate: what may come at once after a pause. */
    readonly burst?: number
    readonly windowMs?: number
    readonly remaining: number
    readonly resetMs: number
  }[]
  /** Where a model was named. */
  readonly contract?: {
    readonly model: string
    readonly major: string
    readonly inFlightMax: number
    readonly queueMax: number
    readonly outputTokensMax?: number
  }
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
    for (const line of columns([...data.limits.map(rowOf), ...contractRows(data)])) io.out.line(line)
    if (data.limits.length === 0) io.notes.line('No limits.')
  })
}

type Limit = Limits['limits'][number]

function rowOf({ owner, kind, limit, burst, windowMs, remaining, resetMs }: Limit) {
  const span = windowMs === undefined || isBudget(kind) ? '' : ` in ${spanText(windowMs)}`
  const atOnce = burst === undefined || burst === limit ? '' : `, ${burst} at once`
  return {
    owner: `${owner.kind} ${owner.name}`,
    kind,
    limit: `${isBudget(kind) ? amountText(kind, limit) : limit}${span}${kind === 'concurrent' ? ' at once' : atOnce}`,
    left: amountText(kind, remaining),
    'all again in': resetMs > 0 ? spanText(resetMs) : '-',
  }
}

/** What bounds every call of the contract, whoever makes it: by the names that the manifest has for it. */
function contractRows({ contract }: Limits) {
  if (!contract) return []
  const { model, major, inFlightMax, queueMax, outputTokensMax } = contract
  const rows = [
    ['inFlight', inFlightMax, ' at once, per version in one gateway'],
    ['queue', queueMax, ' may wait'],
    ['outputTokens', outputTokensMax, ' an answer'],
  ] as const
  return rows.flatMap(([kind, amount, unit]) =>
    amount ? [{ owner: `contract ${model}@${major}`, kind, limit: `${amount}${unit}` }] : [],
  )
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
