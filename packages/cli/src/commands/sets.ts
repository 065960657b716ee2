import type { Command } from 'commander'
import { ask, type ClientOptions, clientCommand, exampleText } from '../client-command.ts'
import { columns } from '../columns.ts'
import type { Io } from '../io.ts'
import { type CaseSet, type CaseSets, shortTime } from '../platform.ts'
import { type Case, readCases } from '../read-cases.ts'

interface ShowOptions extends ClientOptions {
  readonly from?: string
  readonly limit?: string
}

interface CasePage extends CaseSet {
  readonly page: readonly (Case & { readonly id: string })[]
  readonly next?: number
}

export function setsCommand(program: Command, io: Io): void {
  const sets = program.command('sets').description('keep the sets of cases that versions are evaluated on')
  sets.addHelpText('after', exampleText(['astraapi sets put heldout heldout.jsonl', 'astraapi sets list']))
  putCommand(sets, io)
  listCommand(sets, io)
  showCommand(sets, io)
  deleteCommand(sets, io)
}

function putCommand(sets: Command, io: Io): void {
  clientCommand(sets, {
    usage: 'put <name> <file>',
    summary: 'keep the cases of a JSON Lines file under a name, in place of those before; "-" reads stdin',
    examples: ['astraapi sets put heldout heldout.jsonl'],
  }).action(async (name: string, file: string, options: ClientOptions) => {
    const { cases } = await readCases(file, io.stdin)
    const set = await ask<CaseSet>(options, io, (client) => client.request('PUT', pathOf(name), { body: { cases } }))
    if (set)
      io.notes.line(
        `Kept as ${set.name}: ${set.cases} ${set.cases === 1 ? 'case' : 'cases'}, ${set.expected} of them with "expected".`,
        'green',
      )
  })
}

function listCommand(sets: Command, io: Io): void {
  clientCommand(sets, {
    usage: 'list',
    summary: 'list the sets that are kept',
    examples: ['astraapi sets list'],
    isDefault: true,
  }).action(async (options: ClientOptions) => {
    const data = await ask<CaseSets>(options, io, (client) => client.request('GET', '/api/v1/sets'))
    if (!data) return
    for (const line of columns(data.sets.map(rowOf))) io.out.line(line)
    if (data.sets.length === 0) io.notes.line('No set is kept. Put one: astraapi sets put NAME FILE.jsonl')
  })
}

function showCommand(sets: Command, io: Io): void {
  clientCommand(sets, {
    usage: 'show <name>',
    summary: 'print the cases of a set as JSON Lines',
    examples: ['astraapi sets show heldout --limit 5', 'astraapi sets show heldout --from 100'],
    options: [
      ['--from <number>', 'how many cases to pass over'],
      ['--limit <number>', 'how many to print, at most 1000 (default 100)'],
    ],
  }).action(async (name: string, { from, limit, ...options }: ShowOptions) => {
    const query = { from, limit }
    const data = await ask<CasePage>(options, io, (client) => client.request('GET', pathOf(name), { query }))
    if (!data) return
    for (const one of data.page) io.out.raw(`${JSON.stringify(one)}\n`)
    if (data.next !== undefined) io.notes.line(`${data.cases - data.next} more: --from ${data.next}`)
  })
}

function deleteCommand(sets: Command, io: Io): void {
  clientCommand(sets, {
    usage: 'delete <name>',
    summary: 'delete a set; refused while a gate names it',
    examples: ['astraapi sets delete heldout'],
  }).action(async (name: string, options: ClientOptions) => {
    const gone = await ask<{ readonly name: string }>(options, io, (client) => client.request('DELETE', pathOf(name)))
    if (gone) io.notes.line(`Deleted ${gone.name}.`)
  })
}

/** A slash in a name is no step of the path. */
function pathOf(name: string): string {
  return `/api/v1/sets/${encodeURIComponent(name)}`
}

function rowOf({ name, cases, expected, bytes, time, by, digest }: CaseSet) {
  return { set: name, cases, expected, bytes, put: shortTime(time), by, digest: digest.slice(0, 19) }
}
