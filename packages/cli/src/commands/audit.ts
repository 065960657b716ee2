import type { Command } from 'commander'
import { ask, type ClientOptions, clientCommand } from '../client-command.ts'
import { columns } from '../columns.ts'
import type { Io } from '../io.ts'
import { type Audit, shortTime } from '../platform.ts'

/** By the name that the gateway gives each filter. */
const filters = {
  operation: ['--operation <name>', 'of this operation, e.g. createKey'],
  target: ['--target <path>', 'of this, e.g. /manifest or /keys/key_3f9ab2c45d6e7f80'],
  keyId: ['--key-id <key-id>', 'asked for with this key'],
  consumer: ['--consumer <name>', 'asked for by this consumer'],
  outcome: ['--outcome <outcome>', 'done, refused or failed'],
  since: ['--since <time>', 'not older than 30m, 1h, 2d, or a time'],
  until: ['--until <time>', 'older than that'],
  limit: ['--limit <number>', 'at most so many, 1 to 1000 (default 50)'],
  beforeId: ['--before-id <id>', 'the next page, as the page before says'],
} as const

type AuditOptions = ClientOptions & Readonly<Partial<Record<keyof typeof filters, string>>>

export function auditCommand(program: Command, io: Io): void {
  clientCommand(program, {
    usage: 'audit',
    summary: 'list every change made through management, and every one refused; --json tells before and after',
    examples: ['astraapi audit --since 1d', 'astraapi audit --operation applyManifest --json'],
    options: Object.values(filters),
  }).action(async (options: AuditOptions) => {
    const names = Object.keys(filters) as (keyof typeof filters)[]
    const query = Object.fromEntries(names.map((name) => [name, options[name]]))
    const data = await ask<Audit>(options, io, (client) => client.request('GET', '/api/v1/audit', { query }))
    if (!data) return
    for (const line of columns(data.entries.map(rowOf))) io.out.line(line)
    if (data.entries.length === 0) io.notes.line('No changes.')
    if (data.next !== undefined) io.notes.line(`There are more: --before-id ${data.next}`, 'dim')
  })
}

function rowOf({ id, time, consumer, keyId, address, operation, target, outcome, code }: Audit['entries'][number]) {
  return {
    id,
    time: shortTime(time),
    consumer,
    key: keyId,
    from: address,
    operation,
    target,
    outcome: code === undefined ? outcome : `${outcome}: ${code}`,
  }
}
