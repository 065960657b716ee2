import type { Call } from '../load/call.ts'
import { type Comparison, type Contestant, callRows, comparedRow, measureSaturation } from '../measure/saturation.ts'
import { heldBack, measureStreams, type StreamContestant, streamRows } from '../measure/streaming.ts'
import type { Row } from '../report.ts'
import { type ChatOrder, chatMarks } from '../servers/chat-events.ts'
import { type GatewayProcess, startGatewayProcess } from '../servers/gateway.ts'
import { languageModelManifest } from '../servers/manifests.ts'
import { startProxy, startUpstream } from '../servers/nginx.ts'
import { startNodeServer } from '../servers/node-server.ts'
import type { Settings } from '../suite.ts'
import { chat, chatDoors, streamedChat } from '../workload.ts'

const json = { 'content-type': 'application/json' }
const doorNames = { openai: 'gateway, OpenAI door', anthropic: 'gateway, Anthropic door (translated)' } as const
type DoorName = keyof typeof doorNames
const names = Object.entries(doorNames) as readonly (readonly [DoorName, string])[]

/** A language model behind the gateway: the same chat through a door whose bytes pass through, and through one that translates. */
export async function chatSuite(settings: Settings): Promise<readonly Row[]> {
  return [...(await streamedChats(settings)), ...(await wholeChats(settings))]
}

const streamsTable = 'Streamed chat: CPU per chunk, a bare Node SSE pipe with the same bytes = 1'
const order: ChatOrder = { chunks: 200, intervalMs: 10 }

async function streamedChats(settings: Settings): Promise<readonly Row[]> {
  const { serverCore, loadCores } = settings.machine
  await using servers = new AsyncDisposableStack()
  const started = <S extends { stop(): Promise<void> }>(server: S) => servers.adopt(server, ({ stop }) => stop())
  const upstream = started(await startNodeServer('chat-source', loadCores))
  const pipe = started(await startNodeServer('sse-pipe', serverCore, upstream.url))
  const piped: Call = { url: pipe.url, path: chat.path, headers: json, body: streamedChat('openai', order) }
  const contestants = new Map<string, StreamContestant>([
    ['bare Node SSE pipe', { pid: pipe.pid, call: piped, mark: chatMarks.openai }],
  ])
  const rows: Promise<Row>[] = []
  for (const [door, name] of names) {
    const manifest = languageModelManifest(upstream.url)
    const gateway = started(await startGatewayProcess({ manifest, cores: serverCore }))
    const callOf = (ordered: ChatOrder) => callOn(gateway, door, streamedChat(door, ordered))
    const mark = chatMarks[door]
    const row = { pid: gateway.pid, call: callOf(order), mark, check: gateway.checkRecords }
    contestants.set(name, door === 'openai' ? { ...row, budget: { atMost: 1.5 } } : row)
    const hanging = (hangAfter: number) => callOf({ ...order, hangAfter })
    rows.push(heldBack(streamsTable, `${name}: chunks held back when a stream falls silent`, hanging, mark))
  }
  const silent = await Promise.all(rows)
  const measured = await measureStreams(contestants, order.chunks, settings)
  return [...streamRows(streamsTable, 'bare Node SSE pipe', contestants, measured), ...silent]
}

const callsTable = 'Chat: CPU per call at saturation, nginx = 1'

async function wholeChats(settings: Settings): Promise<readonly Row[]> {
  const { serverCore, loadCores } = settings.machine
  await using servers = new AsyncDisposableStack()
  const started = <S extends { stop(): Promise<void> }>(server: S) => servers.adopt(server, ({ stop }) => stop())
  const upstream = started(await startUpstream(loadCores))
  const bare = ({ url, pid }: { readonly url: string; readonly pid: number }): Contestant => {
    const call: Call = { url, path: chat.path, headers: json, body: chat.request }
    return { pid, calls: [call], expected: 'certificate' }
  }
  const contestants = new Map([
    ['nginx', bare(started(await startProxy(serverCore, upstream.url)))],
    ['bare Node proxy', bare(started(await startNodeServer('bare-proxy', serverCore, upstream.url)))],
  ])
  for (const [door, name] of names) {
    const manifest = languageModelManifest(upstream.url)
    const gateway = started(await startGatewayProcess({ manifest, cores: serverCore }))
    const calls = [callOn(gateway, door, chatDoors[door].request)]
    contestants.set(name, { pid: gateway.pid, calls, expected: 'certificate', check: gateway.checkRecords })
  }
  const measured = await measureSaturation(contestants, settings)
  const budgets = { [doorNames.openai]: { atMost: 4 } }
  const rows = callRows(callsTable, 'nginx', [...contestants.keys()], measured, budgets)
  return [...rows, ...comparisons.map((comparison) => comparedRow(addedTable, comparison, measured.samples, rows))]
}

const addedTable = 'Chat: what is added, in CPU per call'

const comparisons: readonly Comparison[] = [
  { name: 'OpenAI door, over a bare Node proxy', over: doorNames.openai, under: 'bare Node proxy' },
  { name: 'translated in place of passed through', over: doorNames.anthropic, under: doorNames.openai },
]

function callOn({ url, key }: GatewayProcess, door: DoorName, body: string): Call {
  return { url, path: chatDoors[door].path, headers: { ...json, authorization: `Bearer ${key}` }, body }
}
