import type { Command } from 'commander'
import { type ClientOptions, clientCommand } from '../client-command.ts'
import { columns } from '../columns.ts'
import { connect } from '../connection.ts'
import { usageFault } from '../failures.ts'
import { findContract } from '../find-contract.ts'
import type { Io } from '../io.ts'
import { type Deployments, percent } from '../platform.ts'
import { readModel } from '../read-model.ts'

interface TrafficOptions extends ClientOptions {
  readonly major?: string
}

type Weights = Readonly<Record<string, number>>

export function trafficCommand(program: Command, io: Io): void {
  clientCommand(program, {
    usage: 'traffic <model> [weights...]',
    summary: "show or set how a contract's calls are split over its versions; a version that is left out gets none",
    examples: [
      'astraapi traffic spam',
      'astraapi traffic spam 1.0=90 1.1=10',
      'astraapi traffic spam 2.0=1 --major v2',
    ],
    options: [['--major <major>', 'major version of the contract, e.g. v1 (default: the default one of the model)']],
  }).action(async (named: string, given: readonly string[], options: TrafficOptions) => {
    const weights = weightsOf(given)
    const { name: model, asked } = readModel(named, options.major)
    const client = await connect(options, io.env)
    const { data, text } = await client.request<Deployments>('GET', '/api/v1/deployments')
    const { major, versions } = findContract(data, model, asked)
    if (given.length === 0) {
      if (options.json) return io.out.raw(`${text}\n`)
      return printShares(
        versions.map(({ id, share }) => [id, share]),
        io,
      )
    }
    const path = `/api/v1/models/${encodeURIComponent(model)}/${major}/traffic`
    // A split that somebody else set since is not overwritten.
    const ifMatch = String(data.revision)
    const set = await client.request<{ revision: number; weights: Weights }>('PUT', path, {
      body: { weights },
      ifMatch,
    })
    if (options.json) return io.out.raw(`${set.text}\n`)
    printShares(sharesOf(set.data.weights), io)
    io.notes.line(`Set for ${model}@${major}: revision ${set.data.revision}.`, 'green')
  })
}

function weightsOf(given: readonly string[]): Weights {
  const pairs = given.map((text) => {
    const [, version, weight] = /^(.+)=(\d+(?:\.\d+)?)$/.exec(text) ?? []
    if (version === undefined) throw usageFault(`"${text}" is no weight. Give it like 1.0=90.`)
    return [version, Number(weight)] as const
  })
  const weights = new Map(pairs)
  if (weights.size < pairs.length) throw usageFault('A version is named twice. Give each one weight.')
  return Object.fromEntries(weights)
}

function sharesOf(weights: Weights): (readonly [version: string, share: number])[] {
  const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0)
  return Object.entries(weights).map(([version, weight]) => [version, total === 0 ? 0 : weight / total])
}

function printShares(shares: readonly (readonly [version: string, share: number])[], { out }: Io): void {
  for (const line of columns(shares.map(([version, share]) => ({ version, traffic: percent(share) })))) out.line(line)
}
