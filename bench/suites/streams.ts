import type { Call } from '../load/call.ts'
import { ratioOf } from '../measure/rounds.ts'
import { chunkCpuOf, heldBack, measureStreams, type StreamContestant, streamRows } from '../measure/streaming.ts'
import { joinNotes, type Row } from '../report.ts'
import { type GatewayProcess, startGatewayProcess } from '../servers/gateway.ts'
import { streamManifest } from '../servers/manifests.ts'
import { startNodeServer } from '../servers/node-server.ts'
import { frameMark, type StreamOrder, textOf } from '../servers/sse-frames.ts'
import type { Settings } from '../suite.ts'

const table = 'Streams: CPU per chunk, a bare Node SSE pipe = 1'
const order: StreamOrder = { chunks: 200, intervalMs: 10 }
const json = { 'content-type': 'application/json' }

/** CPU per chunk of streams whose chunks are sent one by one, and whether each goes out as it comes. */
export async function streamsSuite(settings: Settings): Promise<readonly Row[]> {
  const { serverCore, loadCores } = settings.machine
  await using servers = new AsyncDisposableStack()
  const started = <S extends { stop(): Promise<void> }>(server: S) => servers.adopt(server, ({ stop }) => stop())
  const upstream = started(await startNodeServer('sse-source', loadCores))
  const source = started(await startNodeServer('sse-source', serverCore))
  const pipe = started(await startNodeServer('sse-pipe', serverCore, upstream.url))
  const gateway = started(await startGatewayProcess({ manifest: streamManifest(), cores: serverCore }))
  const bare = ({ url, pid }: { readonly url: string; readonly pid: number }): StreamContestant => {
    return { pid, call: { url, path: '/', headers: json, body: JSON.stringify(order) }, mark: frameMark }
  }
  const { pid, checkRecords: check } = gateway
  const story = storyCall(gateway, {}, order.chunks)
  const contestants = new Map<string, StreamContestant>([
    ['bare Node SSE pipe', bare(pipe)],
    ['bare Node SSE source', bare(source)],
    ['gateway, native stream', { pid, call: story, mark: frameMark, check, budget: { atMost: 1.5 } }],
  ])
  const measured = await measureStreams(contestants, order.chunks, settings)
  const hanging = (hangAfter: number) => storyCall(gateway, { hangAfter }, 50)
  return [
    ...streamRows(table, 'bare Node SSE pipe', contestants, measured),
    overSource(measured),
    await heldBack(table, 'chunks held back when a stream falls silent', hanging, frameMark),
  ]
}

function storyCall({ url, key }: GatewayProcess, script: Readonly<Record<string, number>>, chunks: number): Call {
  const headers = { ...json, authorization: `Bearer ${key}`, accept: 'text/event-stream' }
  const echo = { intervalMs: order.intervalMs, ...script }
  const body = JSON.stringify({ input: { text: textOf({ ...order, chunks }), echo } })
  return { url, path: '/models/story/v1/predict', headers, body }
}

/** The stricter comparison: the echo backend has no upstream to read from, as the pipe has. */
function overSource({ samples, failures }: Awaited<ReturnType<typeof measureStreams>>): Row {
  const sides = ['gateway, native stream', 'bare Node SSE source'] as const
  const [over, under] = sides
  const ratio = ratioOf(chunkCpuOf(samples, over), chunkCpuOf(samples, under))
  const failed = sides.filter((side) => failures.has(side))
  const faults = failed.map((side) => `${side} was not measured: ${failures.get(side)}`)
  const note = joinNotes('neither has an upstream', ...faults)
  return { table, name: 'gateway over the source', ...(ratio && { ratio }), ...(note !== undefined && { note }) }
}
