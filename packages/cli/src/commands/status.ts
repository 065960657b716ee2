import type { Command } from 'commander'
import { ask, type ClientOptions, clientCommand } from '../client-command.ts'
import type { Io } from '../io.ts'
import { type Status, shortTime } from '../platform.ts'
import { shadowText } from '../traffic-text.ts'

export function statusCommand(program: Command, io: Io): void {
  clientCommand(program, {
    usage: 'status',
    summary: 'show how the gateway fares',
    examples: ['astraapi status'],
  }).action(async (options: ClientOptions) => {
    const data = await ask<Status>(options, io, (client) => client.request('GET', '/api/v1/status'))
    for (const [name, text] of data ? linesOf(data) : []) io.out.line(`${name.padEnd(10)}  ${text}`)
  })
}

function linesOf({
  version,
  node,
  startedAt,
  calls,
  accounting,
  limits,
  runtime,
  notServed = [],
  notEvaluated = [],
  shadows = [],
  ...catalog
}: Status): [string, string][] {
  const { received, recorded, refused } = calls
  return [
    ['gateway', `${version} (${node}), since ${shortTime(startedAt)} UTC`],
    ['catalog', `revision ${catalog.catalogRevision}, known for ${catalog.catalogAgeMs} ms`],
    ['calls', `${received} received, ${recorded} recorded, ${refused} refused before their caller was known`],
    ['accounting', `${accounting.written} written, ${accounting.waiting} waiting${fault(accounting.fault)}`],
    ...(limits ? [limitsLine(limits)] : []),
    ...(runtime ? [runtimeLine(runtime)] : []),
    ...notServed.map(({ version, reason }): [string, string] => ['not served', `${version}: ${reason}`]),
    ...shadows.map(({ contract, ...shadow }): [string, string] => ['shadow', `${contract}: ${shadowText(shadow)}`]),
    ...notEvaluated.map(({ experiment, reason }): [string, string] => ['not evaluated', `${experiment}: ${reason}`]),
  ]
}

function limitsLine({ counters, fault }: NonNullable<Status['limits']>): [string, string] {
  const where = counters === 'memory' ? 'memory, for this gateway alone' : counters
  return ['limits', `counted in ${where}${fault === undefined ? '' : `; NOT CHECKED: ${fault}`}`]
}

function runtimeLine({ state, restarts, lastFault }: NonNullable<Status['runtime']>): [string, string] {
  return ['runtime', `${state}, restarts: ${restarts}${fault(lastFault)}`]
}

function fault(text: string | undefined): string {
  return text === undefined ? '' : `; last fault: ${text}`
}
