import type { Command } from 'commander'
import { ask, type ClientOptions, clientCommand, exampleText } from '../client-command.ts'
import { columns } from '../columns.ts'
import type { Io } from '../io.ts'
import { money } from '../money.ts'
import { type Calls, rounded, shortTime } from '../platform.ts'
import { payloadCommands } from './payloads.ts'

const filters = {
  model: ['--model <name>', 'of this model'],
  version: ['--version <id>', 'of this version'],
  consumer: ['--consumer <name>', 'of this consumer'],
  outcome: ['--outcome <outcome>', 'ok, refused, failed or cancelled'],
  code: ['--code <code>', 'with this error code'],
  reference: ['--reference <text>', "with this reference of the caller's own"],
  since: ['--since <time>', 'not older than 30m, 1h, 2d, or a time'],
  until: ['--until <time>', 'older than that'],
  limit: ['--limit <number>', 'at most so many, 1 to 1000 (default 50)'],
  before: ['--before <id>', 'the next page, as the page before says'],
} as const

type CallsOptions = ClientOptions & Readonly<Partial<Record<keyof typeof filters, string>>>

const examples = ['astraapi calls --model spam --since 1h --limit 20', 'astraapi calls --outcome failed --since 1d']

export function callsCommand(program: Command, io: Io): void {
  const calls = program
    .command('calls')
    .description('list calls, show what one asked and was answered, and forget what is kept of that')
  calls.addHelpText('after', exampleText(examples))
  clientCommand(calls, {
    usage: 'list',
    summary: 'list calls, the newest first',
    examples,
    options: Object.values(filters),
    isDefault: true,
  }).action(async (options: CallsOptions) => {
    const names = Object.keys(filters) as (keyof typeof filters)[]
    const query = Object.fromEntries(names.map((name) => [name, options[name]]))
    const data = await ask<Calls>(options, io, (client) => client.request('GET', '/api/v1/calls', { query }))
    if (!data) return
    for (const line of columns(data.calls.map(rowOf))) io.out.line(line)
    if (data.calls.length === 0) io.notes.line('No calls.')
    if (data.next !== undefined) io.notes.line(`There are more: --before ${data.next}`, 'dim')
  })
  payloadCommands(calls, io)
}

type Call = Calls['calls'][number]

/** Nothing where no model was asked; "~" where the tokens were counted by the gateway. */
function costOf({ costUsd, unpriced, usageEstimated }: Call): string {
  if (costUsd === undefined) return unpriced ? 'unpriced' : ''
  // Of several attempts one may have a price and another none.
  return `${usageEstimated ? '~' : ''}${money(costUsd)}${unpriced ? ' + unpriced' : ''}`
}

function rowOf(call: Call) {
  return {
    time: shortTime(call.time),
    model: call.major === undefined ? call.model : `${call.model} v${call.major}`,
    version: call.versionServed ?? call.versionAssigned ?? '-',
    consumer: call.consumer,
    door: call.door,
    outcome: call.code === undefined ? call.outcome : `${call.outcome}: ${call.code}`,
    ms: rounded(call.latencyMs),
    // "miss" is what a call is anyway.
    cache: call.cache === 'miss' ? undefined : call.cache,
    cost: costOf(call),
    call: call.id,
  }
}
