import type { Command } from 'commander'
import { ask, type ClientOptions, clientCommand } from '../client-command.ts'
import { connect } from '../connection.ts'
import { type DeclareOptions, declareOptions, fieldsOf } from '../experiment-fields.ts'
import { Failure, usageFault } from '../failures.ts'
import type { Io } from '../io.ts'
import { type ExperimentJson, type ExperimentRow, experimentPath } from '../report/experiment-json.ts'
import { type ConsentOptions, requireConsent, yesOption } from '../require-consent.ts'

export function declareCommands(experiments: Command, io: Io): void {
  clientCommand(experiments, {
    usage: 'create <name>',
    summary: 'declare one beside the manifest, as a draft; "start" begins it',
    examples: [
      'astraapi experiments create spam-1-1 --model spam --candidate 1.1 --metric correct',
      'astraapi experiments create spam-1-1 --model spam --candidate 1.1 --metric correct --rule automatic --ramp 0.1:1h 1',
    ],
    options: declareOptions,
  }).action(async (name: string, given: DeclareOptions) => {
    const { data: list } = await (await connect(given, io.env)).request<{ revision: number }>(
      'GET',
      '/api/v1/experiments',
    )
    const body = { name, ...fieldsOf(given) }
    const made = await ask<ExperimentRow>(given, io, (client) =>
      client.request('POST', '/api/v1/experiments', { body, ifMatch: String(list.revision) }),
    )
    if (made) io.notes.line(`${name} is a draft: "astraapi experiments start ${name}" begins it.`, 'green')
  })
  clientCommand(experiments, {
    usage: 'update <name>',
    summary: 'change what is declared; of one that began description, rule and maximal duration',
    examples: ['astraapi experiments update spam-1-1 --rule automatic'],
    options: declareOptions,
  }).action(async (name: string, given: DeclareOptions) => {
    const body = fieldsOf(given)
    if (Object.keys(body).length === 0) throw usageFault('Say what is to change, such as --rule automatic.')
    const { revision } = await present(name, given, io)
    const set = await ask<ExperimentRow>(given, io, (client) =>
      client.request('PUT', experimentPath(name), { body, ifMatch: String(revision) }),
    )
    if (set) io.notes.line(`${name} is changed.`, 'green')
  })
  clientCommand(experiments, {
    usage: 'delete <name>',
    summary: 'remove a draft, or one that is over with its evidence; its calls stay',
    examples: ['astraapi experiments delete spam-1-1'],
    options: [yesOption],
  }).action(async (name: string, given: ClientOptions & ConsentOptions) => {
    const { status, origin, revision } = await present(name, given, io)
    requireDeletable(name, status, origin)
    await requireConsent({ fact: `${name} and what is known of it go for good.`, question: 'Delete it?' }, given, io)
    const gone = await ask<object>(given, io, (client) =>
      client.request('DELETE', experimentPath(name), { ifMatch: String(revision) }),
    )
    if (gone) io.notes.line(`${name} is deleted.`, 'green')
  })
}

/** What somebody else did to it since is not overwritten. */
async function present(name: string, given: ClientOptions, io: Io): Promise<Present> {
  const client = await connect(given, io.env)
  return (await client.request<Present>('GET', experimentPath(name))).data
}

type Present = ExperimentJson & { readonly revision: number }

/** What the gateway would refuse anyhow is not asked about. */
function requireDeletable(name: string, status: Present['status'], origin: Present['origin']): void {
  if (status === 'running' || status === 'paused') {
    throw new Failure(1, `${name} is ${status}, and holds traffic. Stop it first: astraapi experiments stop ${name}`)
  }
  if (origin !== undefined) return
  const then = status === 'draft' ? 'it is gone then' : 'then delete it'
  throw new Failure(1, `${name} stands in the manifest. Take it out there and apply that: ${then}.`)
}
