import type { Command } from 'commander'
import { type ClientOptions, clientCommand, exampleText } from '../client-command.ts'
import { columns } from '../columns.ts'
import { connect } from '../connection.ts'
import { Failure } from '../failures.ts'
import { findContract } from '../find-contract.ts'
import type { Io } from '../io.ts'
import { type Deployments, type ReplicaRow, type Replicas, shortTime } from '../platform.ts'
import { readModel } from '../read-model.ts'

interface ReplicasOptions extends ClientOptions {
  readonly major?: string
}

interface ListOptions extends ReplicasOptions {
  readonly version?: string
}

const majorOption = [
  '--major <major>',
  'major version of the contract, e.g. v1 (default: the default one of the model)',
] as const

export function replicasCommand(program: Command, io: Io): void {
  const replicas = program.command('replicas').description('show who serves a model, add a replica, remove one')
  const examples = [
    'astraapi replicas spam',
    'astraapi replicas add spam 1.1 http://10.0.0.8:8000',
    'astraapi replicas remove spam 1.1 http://10.0.0.8:8000',
  ]
  replicas.usage('<model> | add … | remove …').addHelpText('after', exampleText(examples))
  listCommand(replicas, io)
  changeCommand(replicas, io, changes.add)
  changeCommand(replicas, io, changes.remove)
}

function listCommand(replicas: Command, io: Io): void {
  clientCommand(replicas, {
    usage: 'list <model>',
    summary: 'list the replicas of a model, their state and their load as this gateway sees them',
    examples: ['astraapi replicas spam', 'astraapi replicas spam --version 1.1'],
    options: [['--version <version>', 'only of this version'], majorOption],
    isDefault: true,
  }).action(async (named: string, options: ListOptions) => {
    const { name: model, asked } = readModel(named, options.major)
    const client = await connect(options, io.env)
    const { data: deployed } = await client.request<Deployments>('GET', '/api/v1/deployments')
    const { major, versions: known } = findContract(deployed, model, asked)
    const { version } = options
    if (version !== undefined && !known.some(({ id }) => id === version)) {
      throw new Failure(
        1,
        `${model} ${major} has no version ${version}. It has ${known.map(({ id }) => id).join(', ')}.`,
      )
    }
    const path = `/api/v1/models/${encodeURIComponent(model)}/${major}/replicas`
    const { data, text } = await client.request<Replicas>('GET', path)
    if (options.json) return io.out.raw(`${text}\n`)
    const shown = data.versions.filter((one) => version === undefined || one.version === version)
    const rows = shown.flatMap((one) => one.replicas.map((replica) => rowOf(one.version, replica)))
    for (const line of columns(rows)) io.out.line(line)
    for (const { name, reason } of shown.flatMap(({ unresolved }) => unresolved)) io.notes.line(`${name}: ${reason}`)
    if (rows.length === 0) io.notes.line(`${model} ${major} has no replicas: its backend runs in the gateway.`)
  })
}

interface Change {
  readonly name: string
  readonly summary: string
  readonly method: 'POST' | 'DELETE'
  readonly done: string
  readonly already: string
}

const changes: Readonly<Record<'add' | 'remove', Change>> = {
  add: {
    name: 'add',
    summary: 'add a replica to a version, once it answers and serves the same files',
    method: 'POST',
    done: 'Added to',
    already: 'was there already; nothing was changed',
  },
  remove: {
    name: 'remove',
    summary: 'take a replica from a version; calls in flight there end in peace',
    method: 'DELETE',
    done: 'Removed from',
    already: 'was not there; nothing was changed',
  },
}

function changeCommand(replicas: Command, io: Io, { name, summary, method, done, already }: Change): void {
  clientCommand(replicas, {
    usage: `${name} <model> <version> <address>`,
    summary,
    examples: [
      `astraapi replicas ${name} spam 1.1 http://10.0.0.8:8000`,
      `astraapi replicas ${name} spam 1.1 dns+http://spam.models.internal:8000`,
    ],
    options: [majorOption],
  }).action(async (named: string, version: string, address: string, options: ReplicasOptions) => {
    const { name: model, asked } = readModel(named, options.major)
    const client = await connect(options, io.env)
    const { data } = await client.request<Deployments>('GET', '/api/v1/deployments')
    const { major } = findContract(data, model, asked)
    const path = `/api/v1/models/${encodeURIComponent(model)}/${major}/versions/${encodeURIComponent(version)}/replicas`
    // A change that somebody else made since is not overwritten.
    const ifMatch = String(data.revision)
    const sent = method === 'POST' ? { body: { address } } : { query: { address } }
    const set = await client.request<{ revision: number; replicas: readonly string[] }>(method, path, {
      ...sent,
      ifMatch,
    })
    if (options.json) return io.out.raw(`${set.text}\n`)
    for (const replica of set.data.replicas) io.out.line(replica)
    if (set.data.revision === data.revision) return io.notes.line(`${address} ${already}.`)
    io.notes.line(`${done} ${model}@${major} ${version}: revision ${set.data.revision}.`, 'green')
    io.notes.line(
      'The next "astraapi apply" brings the list of the manifest back: change it there too, or "astraapi export".',
    )
  })
}

function rowOf(version: string, replica: ReplicaRow) {
  const { address, source, state, since, inFlight, attempts, failures, latencyMs, waiting, reason } = replica
  return {
    version,
    replica: address,
    state,
    since: shortTime(since),
    'in flight': inFlight,
    attempts,
    failures,
    'mean ms': latencyMs,
    waiting,
    from: source === address ? undefined : source,
    reason,
  }
}
