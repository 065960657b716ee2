import type { Command } from 'commander'
import { type ClientOptions, clientCommand } from '../client-command.ts'
import { columns } from '../columns.ts'
import { connect } from '../connection.ts'
import { findContract } from '../find-contract.ts'
import type { Io } from '../io.ts'
import { type Deployments, type HoldingExperiment, percent } from '../platform.ts'
import { readModel } from '../read-model.ts'
import { type Change, type ChangeOptions, changeOf, type Weights } from '../traffic-change.ts'
import { heldText, ruleText, shadowText } from '../traffic-text.ts'

interface TrafficOptions extends ClientOptions, ChangeOptions {
  readonly major?: string
}

/** What else there is to a contract's traffic. */
type More = Omit<Change, 'weights'> & { readonly experiment?: HoldingExperiment }

export function trafficCommand(program: Command, io: Io): void {
  clientCommand(program, {
    usage: 'traffic <model> [weights...]',
    summary:
      "show or set how a contract's calls are split over its versions (one that is left out gets none), who meets another, what helps where one is slow or fails, and which is only compared",
    examples: [
      'astraapi traffic spam',
      'astraapi traffic spam 1.0=90 1.1=10',
      'astraapi traffic spam 2.0=1 --major v2',
      'astraapi traffic spam --fallback 1.0,1.1 --hedge 800ms,5%',
      'astraapi traffic spam --shadow 1.1=10% --rules rules.yaml',
    ],
    options: [
      ['--major <major>', 'major version of the contract, e.g. v1 (default: the default one of the model)'],
      ['--fallback <versions>', 'versions that are asked in this order when one fails, or "none"'],
      ['--hedge <after,share>', 'ask a second time after so long, for at most so many of the calls, or "none"'],
      ['--shadow <version=share>', 'copy so many of the calls to a version whose answers are not served, or "none"'],
      [
        '--rules <file>',
        'who meets which version ahead of all weights: a list as in the manifest, "-" for stdin, or "none"',
      ],
    ],
  }).action(async (named: string, given: readonly string[], options: TrafficOptions) => {
    const change = await changeOf(given, options, io)
    const { name: model, asked } = readModel(named, options.major)
    const client = await connect(options, io.env)
    const { data, text } = await client.request<Deployments>('GET', '/api/v1/deployments')
    const { major, versions, ...more } = findContract(data, model, asked)
    if (Object.keys(change).length === 0) {
      if (options.json) return io.out.raw(`${text}\n`)
      return printTraffic(
        versions.map(({ id, share }) => [id, share]),
        more,
        io,
      )
    }
    const path = `/api/v1/models/${encodeURIComponent(model)}/${major}/traffic`
    // A split that somebody else set since is not overwritten.
    const ifMatch = String(data.revision)
    const set = await client.request<{ revision: number; weights: Weights } & More>('PUT', path, {
      body: change,
      ifMatch,
    })
    if (options.json) return io.out.raw(`${set.text}\n`)
    printTraffic(
      sharesOf(set.data.weights),
      { ...set.data, ...(more.experiment ? { experiment: more.experiment } : {}) },
      io,
    )
    io.notes.line(`Set for ${model}@${major}: revision ${set.data.revision}.`, 'green')
  })
}

function sharesOf(weights: Weights): (readonly [version: string, share: number])[] {
  const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0)
  return Object.entries(weights).map(([version, weight]) => [version, total === 0 ? 0 : weight / total])
}

function printTraffic(
  shares: readonly (readonly [version: string, share: number])[],
  { fallback = [], hedge, rules = [], shadow, experiment }: More,
  { out }: Io,
): void {
  for (const line of columns(shares.map(([version, share]) => ({ version, traffic: percent(share) })))) out.line(line)
  if (experiment) out.line(`It is ${heldText(experiment)}, which sets these parts until it ends.`)
  if (fallback.length > 0) out.line(`Falls back on: ${fallback.join(', ')}`)
  if (hedge) out.line(`Hedged: after ${hedge.afterMs} ms, at most ${percent(hedge.share)} of the calls`)
  for (const rule of rules) out.line(`Rule: ${ruleText(rule)}`)
  if (shadow) out.line(`Shadow: ${shadowText(shadow)}`)
}
