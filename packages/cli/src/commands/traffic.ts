import type { Command } from 'commander'
import { type ClientOptions, clientCommand } from '../client-command.ts'
import { columns } from '../columns.ts'
import { connect } from '../connection.ts'
import { usageFault } from '../failures.ts'
import { findContract } from '../find-contract.ts'
import type { Io } from '../io.ts'
import { type Deployments, type Hedge, percent } from '../platform.ts'
import { readModel } from '../read-model.ts'

interface TrafficOptions extends ClientOptions {
  readonly major?: string
  readonly fallback?: string
  readonly hedge?: string
}

type Weights = Readonly<Record<string, number>>

/** What of a contract's traffic is set; the rest stays. */
interface Change {
  readonly weights?: Weights
  readonly fallback?: readonly string[]
  readonly hedge?: Hedge
}

/** What helps where a version is slow or fails. */
interface Help {
  readonly fallback?: readonly string[]
  readonly hedge?: Hedge
}

export function trafficCommand(program: Command, io: Io): void {
  clientCommand(program, {
    usage: 'traffic <model> [weights...]',
    summary:
      "show or set how a contract's calls are split over its versions (one that is left out gets none), and what helps where one is slow or fails",
    examples: [
      'astraapi traffic spam',
      'astraapi traffic spam 1.0=90 1.1=10',
      'astraapi traffic spam 2.0=1 --major v2',
      'astraapi traffic spam --fallback 1.0,1.1 --hedge 800ms,5%',
    ],
    options: [
      ['--major <major>', 'major version of the contract, e.g. v1 (default: the default one of the model)'],
      ['--fallback <versions>', 'versions that are asked in this order when one fails, or "none"'],
      ['--hedge <after,share>', 'ask a second time after so long, for at most so many of the calls, or "none"'],
    ],
  }).action(async (named: string, given: readonly string[], options: TrafficOptions) => {
    const change = changeOf(given, options)
    const { name: model, asked } = readModel(named, options.major)
    const client = await connect(options, io.env)
    const { data, text } = await client.request<Deployments>('GET', '/api/v1/deployments')
    const { major, versions, ...help } = findContract(data, model, asked)
    if (Object.keys(change).length === 0) {
      if (options.json) return io.out.raw(`${text}\n`)
      return printTraffic(
        versions.map(({ id, share }) => [id, share]),
        help,
        io,
      )
    }
    const path = `/api/v1/models/${encodeURIComponent(model)}/${major}/traffic`
    // A split that somebody else set since is not overwritten.
    const ifMatch = String(data.revision)
    const set = await client.request<{ revision: number; weights: Weights } & Help>('PUT', path, {
      body: change,
      ifMatch,
    })
    if (options.json) return io.out.raw(`${set.text}\n`)
    printTraffic(sharesOf(set.data.weights), set.data, io)
    io.notes.line(`Set for ${model}@${major}: revision ${set.data.revision}.`, 'green')
  })
}

function changeOf(given: readonly string[], { fallback, hedge }: TrafficOptions): Change {
  return {
    ...(given.length > 0 ? { weights: weightsOf(given) } : {}),
    ...(fallback === undefined ? {} : { fallback: fallback === 'none' ? [] : fallback.split(',') }),
    ...(hedge === undefined ? {} : { hedge: hedgeOf(hedge) }),
  }
}

/** The API knows a share of 0 for none. */
function hedgeOf(text: string): Hedge {
  if (text === 'none') return { afterMs: 1, share: 0 }
  const [, time, unit, percents] = /^(\d{1,7})(ms|s),(\d{1,3}(?:\.\d+)?)%$/.exec(text) ?? []
  if (time === undefined) throw usageFault(`"${text}" is no hedge. Give it like 800ms,5%.`)
  return { afterMs: Number(time) * (unit === 's' ? 1000 : 1), share: Number(percents) / 100 }
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

function printTraffic(
  shares: readonly (readonly [version: string, share: number])[],
  { fallback = [], hedge }: Help,
  { out }: Io,
): void {
  for (const line of columns(shares.map(([version, share]) => ({ version, traffic: percent(share) })))) out.line(line)
  if (fallback.length > 0) out.line(`Falls back on: ${fallback.join(', ')}`)
  if (hedge) out.line(`Hedged: after ${hedge.afterMs} ms, at most ${percent(hedge.share)} of the calls`)
}
