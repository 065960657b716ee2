import type { Command } from 'commander'
import type { Client } from '../client.ts'
import { ask, type ClientOptions, clientCommand } from '../client-command.ts'
import { columns } from '../columns.ts'
import { Failure, Refused } from '../failures.ts'
import type { Io } from '../io.ts'
import { amountText, isBudget } from '../limit-amount.ts'
import type { Status } from '../platform.ts'

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
    const data = await ask<Limits>(options, io, (client) => askLimits(client, query))
    if (!data) return
    const rows = [...data.limits.map(rowOf), ...contractRows(data)]
    for (const line of columns(rows)) io.out.line(line)
    if (rows.length === 0) io.notes.line('No limits.')
  })
}

/** Why limits cannot be checked is no caller's business: only the gateway's status tells it. */
async function askLimits(client: Client, query: Readonly<Record<string, string | undefined>>) {
  try {
    return await client.request<Limits>('GET', '/api/v1/limits', { query })
  } catch (thrown) {
    if (!(thrown instanceof Refused && thrown.problem.code === 'limits_unavailable')) throw thrown
    const status = await client.request<Status>('GET', '/api/v1/status').catch(() => undefined)
    const { counters, fault } = status?.data.limits ?? {}
    if (fault === undefined) throw thrown
    throw new Failure(1, `${thrown.message}\nThe reason, as "astraapi status" has it: ${counters}: ${fault}`)
  }
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
