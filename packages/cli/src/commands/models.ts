import type { Command } from 'commander'
import { ask, type ClientOptions, clientCommand } from '../client-command.ts'
import { columns } from '../columns.ts'
import type { Io } from '../io.ts'
import { type DeployedVersion, type Deployment, type Deployments, percent } from '../platform.ts'

export function modelsCommand(program: Command, io: Io): void {
  clientCommand(program, {
    usage: 'models',
    summary: 'list what is deployed: models, majors, versions and their part of the traffic',
    examples: ['astraapi models'],
  }).action(async (options: ClientOptions) => {
    const data = await ask<Deployments>(options, io, (client) => client.request('GET', '/api/v1/deployments'))
    if (!data) return
    for (const line of columns(data.models.flatMap(rowsOf))) io.out.line(line)
    if (data.models.length === 0)
      io.notes.line('Nothing is deployed yet. Declare a model in astra.yaml, then: astraapi apply')
  })
}

function rowsOf({ name, owner, defaultMajor, allowed, contracts }: Deployment) {
  return contracts.flatMap(({ major, task, deprecated, versions }) =>
    versions.map((version) => ({
      model: name,
      major,
      version: version.id,
      traffic: percent(version.share),
      task,
      backend: version.backend,
      owner,
      notes: [
        major === defaultMajor && contracts.length > 1 ? 'default' : '',
        deprecated ? `deprecated since ${deprecated.since}` : '',
        ...stateOf(version),
        allowed ? '' : 'not for this key',
      ]
        .filter((note) => note !== '')
        .join(', '),
    })),
  )
}

function stateOf({ retired, successor, immutable }: DeployedVersion): string[] {
  if (retired) return [`retired${successor === undefined ? '' : `, call ${successor}`}`]
  return immutable ? [] : ['not immutable']
}
