import type { Call } from '../load/call.ts'
import { latencyRows, measureLatency } from '../measure/latency.ts'
import type { Row } from '../report.ts'
import { startGatewayProcess } from '../servers/gateway.ts'
import { splitManifest } from '../servers/manifests.ts'
import { startProxy, startUpstream } from '../servers/nginx.ts'
import { startNodeServer } from '../servers/node-server.ts'
import type { Settings } from '../suite.ts'
import { chat, graphqlRequest, nativeRequest } from '../workload.ts'

const json = { 'content-type': 'application/json' }

/** Latency of single calls at a constant rate that every row can serve, from when each was due. */
export async function latencySuite(settings: Settings): Promise<readonly Row[]> {
  const { machine, rate, seconds } = settings
  await using servers = new AsyncDisposableStack()
  const started = <S extends { stop(): Promise<void> }>(server: S) => servers.adopt(server, ({ stop }) => stop())
  const upstream = started(await startUpstream(machine.loadCores))
  const nginx = started(await startProxy(machine.serverCore, upstream.url))
  const bare = started(await startNodeServer('bare-proxy', machine.serverCore, upstream.url))
  const manifest = splitManifest(upstream.url)
  const gateway = started(await startGatewayProcess({ manifest, cores: machine.serverCore }))
  const headers = { ...json, authorization: `Bearer ${gateway.key}` }
  const calls = new Map<string, Call>(
    Object.entries({
      nginx: { url: nginx.url, path: chat.path, headers: json, body: chat.request },
      'bare Node proxy': { url: bare.url, path: chat.path, headers: json, body: chat.request },
      'gateway, REST': { url: gateway.url, path: '/models/chat/v1/predict', headers, body: nativeRequest },
      'gateway, GraphQL': { url: gateway.url, path: '/graphql', headers, body: graphqlRequest },
    }),
  )
  const measured = await measureLatency(calls, { rate, seconds: 2 * seconds }, settings)
  const table = `Latency at ${rate.toLocaleString('en')} calls a second, ms from when each was due; ratio of medians, nginx = 1`
  return latencyRows(table, 'nginx', [...calls.keys()], measured)
}
