import type { Call } from '../load/call.ts'
import { summarise } from '../measure/percentiles.ts'
import {
  type Comparison,
  type Contestant,
  callRows,
  comparedRow,
  measureSaturation,
  type Saturations,
} from '../measure/saturation.ts'
import { startPortkey } from '../peers/portkey.ts'
import type { Row } from '../report.ts'
import { startGatewayProcess } from '../servers/gateway.ts'
import { inProcessManifest, oneVersionManifest, splitManifest } from '../servers/manifests.ts'
import { startProxy, startUpstream } from '../servers/nginx.ts'
import { startNodeServer } from '../servers/node-server.ts'
import type { Settings } from '../suite.ts'
import { chat, graphqlRequest, inferRequest, nativeRequest, output } from '../workload.ts'

const json = { 'content-type': 'application/json' }

/** Each gateway is a process of its own: what one door compiles and caches is no help or burden to another. */
const gateways = {
  'gateway, REST': { manifest: splitManifest, path: '/models/chat/v1/predict', body: nativeRequest },
  'gateway, GraphQL': { manifest: splitManifest, path: '/graphql', body: graphqlRequest },
  'gateway, Open Inference Protocol': {
    manifest: splitManifest,
    path: '/oip/v2/models/chat/infer',
    body: inferRequest,
  },
  'gateway, REST, one version': { manifest: oneVersionManifest, path: '/models/chat/v1/predict', body: nativeRequest },
  'gateway, REST, no upstream': {
    manifest: () => inProcessManifest(output),
    path: '/models/chat/v1/predict',
    body: nativeRequest,
  },
} as const

/** CPU per request of single calls at saturation. */
export async function callsSuite(settings: Settings): Promise<readonly Row[]> {
  const { serverCore, loadCores } = settings.machine
  await using servers = new AsyncDisposableStack()
  const started = <S extends { stop(): Promise<void> }>(server: S) => servers.adopt(server, ({ stop }) => stop())
  const upstream = started(await startUpstream(loadCores))
  const contestants = new Map<string, Contestant>()
  const plain = ({ url, pid }: { url: string; pid: number }): Contestant => {
    const call: Call = { url, path: chat.path, headers: json, body: chat.request }
    return { pid, calls: [call], expected: 'certificate' }
  }
  contestants.set('nginx', plain(started(await startProxy(serverCore, upstream.url))))
  contestants.set('bare Node proxy', plain(started(await startNodeServer('bare-proxy', serverCore, upstream.url))))
  contestants.set('hello', plain(started(await startNodeServer('hello', serverCore))))
  for (const [name, { manifest, path, body }] of Object.entries(gateways)) {
    const gateway = started(await startGatewayProcess({ manifest: manifest(upstream.url), cores: serverCore }))
    const headers = { ...json, authorization: `Bearer ${gateway.key}` }
    const calls = [{ url: gateway.url, path, headers, body }]
    contestants.set(name, { pid: gateway.pid, calls, expected: 'certificate', check: gateway.checkRecords })
  }
  const absent = new Map<string, string>()
  if (settings.peers.has('portkey')) {
    settings.say('Portkey is being installed …')
    await startPortkey(serverCore, upstream.url).then(
      (portkey) => contestants.set('Portkey 1.15.2', started(portkey)),
      (error) => absent.set('Portkey 1.15.2', error.message),
    )
  }
  const { samples, failures } = await measureSaturation(contestants, settings)
  const rows = budgetRows(samples, new Map([...failures, ...absent]))
  const features = comparisons.map((comparison) => comparedRow(featuresTable, comparison, samples, rows))
  return [...rows, ...features, ...threadRows(samples)]
}

const callsTable = 'CPU per call at saturation, nginx = 1'

function budgetRows(samples: Saturations, failures: ReadonlyMap<string, string>): readonly Row[] {
  const peers = [...samples.keys(), ...failures.keys()].filter((name) => name.startsWith('Portkey'))
  const names = ['nginx', 'bare Node proxy', 'hello', ...Object.keys(gateways), ...new Set(peers)]
  return callRows(callsTable, 'nginx', names, { samples, failures }, { 'gateway, REST': { atMost: 4 } })
}

const featuresTable = 'What features add, in CPU per call'

/** Each of two rows above that differ in one thing. */
const comparisons: readonly Comparison[] = [
  { name: 'GraphQL in place of REST', over: 'gateway, GraphQL', under: 'gateway, REST', budget: { atMost: 1.6 } },
  {
    name: 'Open Inference Protocol in place of REST',
    over: 'gateway, Open Inference Protocol',
    under: 'gateway, REST',
  },
  { name: 'a traffic split in place of one version', over: 'gateway, REST', under: 'gateway, REST, one version' },
  { name: 'an upstream in place of none', over: 'gateway, REST, one version', under: 'gateway, REST, no upstream' },
  { name: 'no upstream, over a hello server', over: 'gateway, REST, no upstream', under: 'hello' },
  { name: 'all, over a bare Node proxy', over: 'gateway, REST', under: 'bare Node proxy' },
]

/** Auth, validation, metrics and Records have no switch; the threads at least tell what is done beside the call's own. */
function threadRows(samples: Saturations): readonly Row[] {
  const measured = samples.get('gateway, REST') ?? []
  const names = new Set(measured.flatMap(({ threads }) => [...threads.keys()]))
  return [...names]
    .map((name) => ({ name, us: summarise(measured.map(({ threads }) => threads.get(name) ?? 0)).median }))
    .filter(({ us }) => us >= 0.05)
    .map(({ name, us }) => ({ table: 'gateway, REST, by thread', name, figures: { 'us CPU': us } }))
}
