import type { Call } from '../load/call.ts'
import { fellBehind, type OpenLoopReport, openLoop } from '../load/run-open-loop.ts'
import { summarise } from '../measure/percentiles.ts'
import { inTurns, ratioOf } from '../measure/rounds.ts'
import type { Row } from '../report.ts'
import { startGatewayProcess } from '../servers/gateway.ts'
import { splitManifest } from '../servers/manifests.ts'
import { startProxy, startUpstream } from '../servers/nginx.ts'
import { startNodeServer } from '../servers/node-server.ts'
import type { Settings } from '../suite.ts'
import { chat, connections, graphqlRequest, nativeRequest } from '../workload.ts'

const json = { 'content-type': 'application/json' }

/** Latency of single calls at a constant rate that every row can serve, from when each was due. */
export async function latencySuite(settings: Settings): Promise<readonly Row[]> {
  const { machine, rate, rounds, seconds, say } = settings
  await using servers = new AsyncDisposableStack()
  const started = <S extends { stop(): Promise<void> }>(server: S) => servers.adopt(server, ({ stop }) => stop())
  const upstream = started(await startUpstream(machine.loadCores))
  const nginx = started(await startProxy(machine.serverCore, upstream.url))
  const bare = started(await startNodeServer('bare-proxy', machine.serverCore, upstream.url))
  const manifest = splitManifest(upstream.url)
  const gateway = started(await startGatewayProcess({ manifest, cores: machine.serverCore }))
  const headers = { ...json, authorization: `Bearer ${gateway.key}` }
  const calls: Readonly<Record<string, Call>> = {
    nginx: { url: nginx.url, path: chat.path, headers: json, body: chat.request },
    'bare Node proxy': { url: bare.url, path: chat.path, headers: json, body: chat.request },
    'gateway, REST': { url: gateway.url, path: '/models/chat/v1/predict', headers, body: nativeRequest },
    'gateway, GraphQL': { url: gateway.url, path: '/graphql', headers, body: graphqlRequest },
  }
  const { samples, failures } = await inTurns(Object.keys(calls), rounds, async (name, round) => {
    const call = calls[name]
    if (!call) throw new Error(`nobody is called ${name}`)
    const report = await openLoop({ call, rate, seconds: 2 * seconds, connections }, machine.loadCores)
    const { p50, p99 } = report.latencyMs
    say(`${name}, ${round === 'warm-up' ? round : `round ${round + 1}`}: ${p50.toFixed(2)} and ${p99.toFixed(2)} ms`)
    return report
  })
  return Object.keys(calls).map((name) => rowOf(name, rate, samples, failures.get(name)))
}

function rowOf(
  name: string,
  rate: number,
  samples: ReadonlyMap<string, readonly OpenLoopReport[]>,
  failure: string | undefined,
): Row {
  const table = `Latency at ${rate.toLocaleString('en')} calls a second, ms from when each was due; ratio of medians, nginx = 1`
  const reports = samples.get(name) ?? []
  if (reports.length === 0) return { table, name, note: `not measured: ${failure}` }
  const middle = (rank: keyof OpenLoopReport['latencyMs']) =>
    summarise(reports.map(({ latencyMs }) => latencyMs[rank])).median
  const medians = (of: string) => (samples.get(of) ?? []).map(({ latencyMs }) => latencyMs.p50)
  const ratio = ratioOf(medians(name), medians('nginx'))
  const behind = reports.map(fellBehind).find((why) => why !== undefined)
  const figures = {
    'ms p50': middle('p50'),
    'ms p90': middle('p90'),
    'ms p99': middle('p99'),
    'ms p99.9': middle('p999'),
  }
  return { table, name, ...(ratio && { ratio }), figures, ...(behind !== undefined && { note: behind }) }
}
