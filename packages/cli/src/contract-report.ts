import type { Command } from 'commander'
import { type ClientOptions, clientCommand } from './client-command.ts'
import { connect } from './connection.ts'
import { findContract } from './find-contract.ts'
import type { Io } from './io.ts'
import type { Deployments } from './platform.ts'
import { readModel } from './read-model.ts'

interface ContractReport<Report> {
  /** Of the command, and last in the path that it asks. */
  readonly name: string
  readonly summary: string
  readonly examples: readonly string[]
  /** To stdout. */
  readonly lines: (report: Report) => readonly string[]
  /** To stderr: what to know beside. */
  readonly notes: (report: Report, contract: ReturnType<typeof findContract>) => readonly string[]
}

/** A command that shows what the gateway reports of one contract. */
export function contractReport<Report>(program: Command, io: Io, shown: ContractReport<Report>): void {
  const { name, summary, examples, lines, notes } = shown
  clientCommand(program, {
    usage: `${name} <model>`,
    ...{ summary, examples },
    options: [['--major <major>', 'major version of the contract, e.g. v1 (default: the default one of the model)']],
  }).action(async (named: string, options: ClientOptions & { readonly major?: string }) => {
    const { name: model, asked } = readModel(named, options.major)
    const client = await connect(options, io.env)
    const { data: deployed } = await client.request<Deployments>('GET', '/api/v1/deployments')
    const contract = findContract(deployed, model, asked)
    const path = `/api/v1/models/${encodeURIComponent(model)}/${contract.major}/${name}`
    const { data, text } = await client.request<Report>('GET', path)
    if (options.json) return io.out.raw(`${text}\n`)
    for (const line of lines(data)) io.out.line(line)
    for (const line of notes(data, contract)) io.notes.line(line)
  })
}
