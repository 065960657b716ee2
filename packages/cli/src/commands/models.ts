import type { Command } from 'commander'
import type { Client } from '../client.ts'
import { ask, type ClientOptions, clientCommand } from '../client-command.ts'
import { columns } from '../columns.ts'
import type { Io } from '../io.ts'
import { type DeployedVersion, type Deployment, type Deployments, percent } from '../platform.ts'
import { heldText } from '../traffic-text.ts'

export function modelsCommand(program: Command, io: Io): void {
  clientCommand(program, {
    usage: 'models',
    summary: 'list what is deployed: models, majors, versions and their part of the traffic',
    examples: ['astraapi models'],
  }).action(async (options: ClientOptions) => {
    const list = (client: Client) => client.request<Deployments>('GET', '/api/v1/deployments')
    const data = await ask(options, io, list, 'calls')
    if (!data) return
    const deployed = data.models.flatMap(rowsOf)
    const [heading, ...lines] = columns(deployed.map(({ row }) => row))
    if (heading !== undefined) io.out.line(heading)
    for (const [index, line] of lines.entries()) {
      io.out.line(line)
      for (const fault of deployed[index]?.faults ?? []) io.out.line(`  ${fault}`)
    }
    if (data.models.length === 0)
      io.notes.line('Nothing is deployed yet. Declare a model in astra.yaml, then: astraapi apply')
  })
}

const howKept = { redacted: 'redacted', full: 'in full' } as const

function rowsOf({ name, owner, defaultMajor, allowed, contracts }: Deployment) {
  return contracts.flatMap(({ major, task, deprecated, versions, fallback = [], shadow, capture, experiment }) =>
    versions.map((version) => ({
      row: {
        model: name,
        major,
        version: version.id,
        traffic: percent(version.share),
        task,
        backend: version.backend,
        replicas: readyText(version),
        owner,
        notes: [
          major === defaultMajor && contracts.length > 1 ? 'default' : '',
          deprecated ? `deprecated since ${deprecated.since}` : '',
          fallback.includes(version.id) ? `fallback ${fallback.indexOf(version.id) + 1}` : '',
          shadow?.version === version.id ? `shadow of ${percent(shadow.share)}` : '',
          capture && version.share > 0 ? `payloads kept of ${percent(capture.share)}, ${howKept[capture.payload]}` : '',
          experiment && version.share > 0 ? heldText(experiment) : '',
          ...stateOf(version),
          allowed ? '' : 'not for this key',
        ]
          .filter((note) => note !== '')
          .join(', '),
      },
      faults: takingNone(version).map(({ address, state, reason }) => `${address} is ${state}: ${reason}`),
    })),
  )
}

/** "3/4 ready, 1 warming": those that take calls; nothing where a version has no replicas, or this key may not see them. */
function readyText(version: DeployedVersion): string {
  const { replicas = [] } = version
  if (replicas.length === 0) return ''
  const warming = replicas.filter(({ state }) => state === 'warming').length
  const ready = `${replicas.length - takingNone(version).length}/${replicas.length} ready`
  return warming === 0 ? ready : `${ready}, ${warming} warming`
}

/** A warming one answers already. */
const takesCalls: ReadonlySet<string> = new Set(['ready', 'warming'])

function takingNone({ replicas = [] }: DeployedVersion) {
  return replicas.filter(({ state }) => !takesCalls.has(state))
}

function stateOf({ retired, successor, immutable }: DeployedVersion): string[] {
  if (retired) return [`retired${successor === undefined ? '' : `, call ${successor}`}`]
  return immutable ? [] : ['not immutable']
}
