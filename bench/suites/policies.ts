import type { Feature } from '../feature.ts'
import { type Call, callNumber, checkCall } from '../load/call.ts'
import { differenceOf } from '../measure/rounds.ts'
import {
  type Comparison,
  type Contestant,
  callRows,
  comparedRow,
  cpuOf,
  measureSaturation,
  type Saturations,
} from '../measure/saturation.ts'
import { allOn, allOnRedis, bare, cacheHit, cacheHitRedis, features, refusal } from '../policies.ts'
import type { Row } from '../report.ts'
import { type GatewayProcess, startGatewayProcess } from '../servers/gateway.ts'
import { type Issuer, startIssuer } from '../servers/issuer.ts'
import { languageModelManifest } from '../servers/manifests.ts'
import { startProxy, startUpstream } from '../servers/nginx.ts'
import { startNodeServer } from '../servers/node-server.ts'
import { startRedis } from '../servers/redis.ts'
import type { Settings } from '../suite.ts'
import { chat, chatDoors } from '../workload.ts'
import { checkFeature } from './check-feature.ts'
import { lateCalls, withoutRedis } from './late-redis.ts'
import { slowRows } from './policies-latency.ts'

/** The least that a gateway in Node can cost, and the least that an answer with a Record can. */
const proxy = 'bare Node proxy'
const recorded = 'hello with Fastify and a Record'

const json = { 'content-type': 'application/json' }
const certificate = 'certificate'

/**
 * What limits, queue, cache and tokens add to a call, each alone and all together: a whole chat at the OpenAI door, since only a
 * language model has tokens and a price, and the budget is about it. Each row is a gateway of its own.
 */
export async function policiesSuite(settings: Settings): Promise<readonly Row[]> {
  const { serverCore, loadCores } = settings.machine
  await using servers = new AsyncDisposableStack()
  const started = <S extends { stop(): Promise<void> }>(server: S) => servers.adopt(server, ({ stop }) => stop())
  const upstream = started(await startUpstream(loadCores))
  const issuer = started(await startIssuer())
  const absent = new Map<string, string>()
  const redis = await startRedis(loadCores).then(started, (error: Error) => void absent.set('Redis', error.message))
  const floor = ({ url, pid }: { readonly url: string; readonly pid: number }): Contestant => {
    const call: Call = { url, path: chat.path, headers: json, body: chat.request }
    return { pid, calls: [call], expected: certificate }
  }
  const gateways = new Map<string, GatewayProcess>()
  const contestants = new Map([
    ['nginx', floor(started(await startProxy(serverCore, upstream.url)))],
    [proxy, floor(started(await startNodeServer('bare-proxy', serverCore, upstream.url)))],
    ['hello', floor(started(await startNodeServer('hello', serverCore)))],
    [recorded, floor(started(await startNodeServer('recorded-hello', serverCore)))],
  ])
  for (const [name, feature] of Object.entries(features)) {
    if (feature.redis && !redis) {
      absent.set(name, absent.get('Redis') ?? '')
      continue
    }
    const issuers = feature.tokens === undefined ? {} : { issuers: issuer.declared }
    const gateway = started(
      await startGatewayProcess({
        manifest: languageModelManifest(upstream.url, { ...feature.policies, ...issuers }),
        cores: serverCore,
        keyLimits: feature.keyLimits,
        ...(feature.redis && redis && { env: { ASTRA_REDIS_URL: redis.url } }),
      }),
    )
    gateways.set(name, gateway)
    contestants.set(name, await contestantOf(feature, gateway, issuer))
  }
  const measured = await measureSaturation(contestants, shortTurns(settings, contestants.size))
  const failures = new Map([...absent, ...measured.failures])
  const late = await lateCalls(gateways)
  const added = addedRows({ samples: measured.samples, failures }).map((row) => withoutRedis(row, late))
  const slow = await slowRows(contestants, redis ?? undefined, failures, settings)
  const later = await lateCalls(gateways, late)
  return [
    ...added,
    ...comparisons.map((comparison) => comparedRow(budgetsTable, comparison, measured.samples, added)),
    ...slow.map((row) => withoutRedis(row, later)),
  ]
}

/** There are many rows, which are compared with one another: shorter turns, all measured ones together in about three minutes. */
function shortTurns(settings: Settings, rows: number): Settings {
  const { seconds, warmUpSeconds, rounds } = settings
  const fitting = Math.max(1, Math.floor(180 / (rows * rounds)))
  return { ...settings, seconds: Math.min(seconds, fitting), warmUpSeconds: Math.ceil(warmUpSeconds / 2) }
}

async function contestantOf(feature: Feature, gateway: GatewayProcess, issuer: Issuer): Promise<Contestant> {
  const { tokens = 0, refused, alike } = feature
  const { path, request } = chatDoors.openai
  // In the same number of bytes: a number takes the place of the text's first words.
  const body = alike ? request : request.replace('Summarise in two', callNumber)
  const bearers = tokens === 0 ? [gateway.key] : await issuer.tokens(tokens)
  const calls = bearers.map((bearer): Call => {
    const headers = { ...json, authorization: `Bearer ${bearer}`, ...feature.headers }
    return { url: gateway.url, path, headers, body }
  })
  const [first] = calls
  if (!first) throw new Error('nothing to call')
  for (let n = 0; n < answeredFirst(feature); n++) await checkCall(first, certificate)
  return {
    pid: gateway.pid,
    calls: refused ? calls.map((call) => ({ ...call, status: refused.status })) : calls,
    expected: feature.answer ?? certificate,
    check: () => checkFeature(feature, gateway, first),
  }
}

/** Before all are hits both versions must have answered, and each call takes one of them by chance. */
function answeredFirst({ refused, alike }: Feature): number {
  if (refused) return 1
  return alike ? 30 : 0
}

const addedTable = 'What policies add to a chat: CPU per call at saturation, the call with nothing declared = 1'

function addedRows(measured: { readonly samples: Saturations; readonly failures: ReadonlyMap<string, string> }) {
  const floor = cpuOf(measured.samples.get(bare))
  return callRows(addedTable, bare, ['nginx', proxy, 'hello', recorded, ...Object.keys(features)], measured, {}).map(
    (row): Row => {
      const { 'us CPU': cpu, ...rest } = row.figures ?? {}
      const more = differenceOf(cpuOf(measured.samples.get(row.name)), floor)
      if (cpu === undefined || !more || !(row.name in features)) return row
      return { ...row, figures: { 'us CPU': cpu, 'us more': more.median, ...rest } }
    },
  )
}

const budgetsTable = 'Policies: budgets, in CPU per call'

const comparisons: readonly Comparison[] = [
  { name: 'all on, over nginx', over: allOn, under: 'nginx', budget: { atMost: 4 } },
  { name: 'all on, over the bare Node proxy', over: allOn, under: proxy },
  { name: 'the bare Node proxy, over nginx', over: proxy, under: 'nginx' },
  { name: 'a cache hit, over a hello server', over: cacheHit, under: 'hello', budget: { atMost: 1.8 } },
  { name: 'a cache hit, over hello with Fastify and a Record', over: cacheHit, under: recorded },
  { name: 'hello with Fastify and a Record, over a hello server', over: recorded, under: 'hello' },
  { name: 'a 429, over a served call with nothing declared', over: refusal, under: bare, budget: { atMost: 1 } },
  { name: 'a 429, over a cache hit', over: refusal, under: cacheHit, budget: { atMost: 1 } },
  { name: 'all on, with Redis in place of memory', over: allOnRedis, under: allOn },
  { name: 'a cache hit in Redis, over one in memory', over: cacheHitRedis, under: cacheHit },
]
