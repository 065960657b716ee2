import type { Call } from '../load/call.ts'
import { readStreams, type StreamsReport } from '../load/run-read-streams.ts'
import { cpuSeconds } from '../measure/cpu.ts'
import { summarise } from '../measure/percentiles.ts'
import { inTurns, ratioOf } from '../measure/rounds.ts'
import type { Row } from '../report.ts'
import { type GatewayProcess, startGatewayProcess } from '../servers/gateway.ts'
import { streamManifest } from '../servers/manifests.ts'
import { startNodeServer } from '../servers/node-server.ts'
import { type StreamOrder, textOf } from '../servers/sse-frames.ts'
import type { Settings } from '../suite.ts'
import { connections } from '../workload.ts'

const table = 'Streams: CPU per chunk, a bare Node SSE pipe = 1'
const order: StreamOrder = { chunks: 200, intervalMs: 10 }
const json = { 'content-type': 'application/json' }

interface StreamSample extends StreamsReport {
  readonly cpuUs: number
}

/** CPU per chunk of streams whose chunks are sent one by one, and whether each goes out as it comes. */
export async function streamsSuite(settings: Settings): Promise<readonly Row[]> {
  const { machine, rounds, seconds, say } = settings
  await using servers = new AsyncDisposableStack()
  const started = <S extends { stop(): Promise<void> }>(server: S) => servers.adopt(server, ({ stop }) => stop())
  const upstream = started(await startNodeServer('sse-source', machine.loadCores))
  const source = started(await startNodeServer('sse-source', machine.serverCore))
  const pipe = started(await startNodeServer('sse-pipe', machine.serverCore, upstream.url))
  const gateway = started(await startGatewayProcess({ manifest: streamManifest(), cores: machine.serverCore }))
  const bare = ({ url }: { readonly url: string }): Call => ({
    url,
    path: '/',
    headers: json,
    body: JSON.stringify(order),
  })
  const contestants: Readonly<Record<string, { readonly pid: number; readonly call: Call }>> = {
    'bare Node SSE pipe': { pid: pipe.pid, call: bare(pipe) },
    'bare Node SSE source': { pid: source.pid, call: bare(source) },
    'gateway, native stream': { pid: gateway.pid, call: storyCall(gateway, {}, order.chunks) },
  }
  const { samples, failures } = await inTurns(Object.keys(contestants), rounds, async (name, round) => {
    const contestant = contestants[name]
    if (!contestant) throw new Error(`nobody is called ${name}`)
    const { pid, call } = contestant
    const before = cpuSeconds(pid)
    const report = await readStreams(
      { call, streams: connections, seconds: 2 * seconds, chunks: order.chunks },
      machine.loadCores,
    )
    const cpuUs = (1e6 * (cpuSeconds(pid) - before)) / report.chunks
    say(`${name}, ${round === 'warm-up' ? round : `round ${round + 1}`}: ${cpuUs.toFixed(1)} us`)
    return { ...report, cpuUs }
  })
  const rows = Object.keys(contestants).map((name) => rowOf(name, samples, failures.get(name)))
  return [...rows, overSource(samples), await heldBack(gateway)]
}

function storyCall({ url, key }: GatewayProcess, script: Readonly<Record<string, number>>, chunks: number): Call {
  const headers = { ...json, authorization: `Bearer ${key}`, accept: 'text/event-stream' }
  const echo = { intervalMs: order.intervalMs, ...script }
  const body = JSON.stringify({ input: { text: textOf({ ...order, chunks }), echo } })
  return { url, path: '/models/story/v1/predict', headers, body }
}

type Samples = ReadonlyMap<string, readonly StreamSample[]>

const cpuOf = (samples: Samples, name: string) => (samples.get(name) ?? []).map(({ cpuUs }) => cpuUs)

function rowOf(name: string, samples: Samples, failure: string | undefined): Row {
  const reports = samples.get(name) ?? []
  if (reports.length === 0) return { table, name, note: `not measured: ${failure}` }
  const ratio = ratioOf(cpuOf(samples, name), cpuOf(samples, 'bare Node SSE pipe'))
  const median = (value: (sample: StreamSample) => number) => summarise(reports.map(value)).median
  const figures = {
    'us CPU a chunk': median(({ cpuUs }) => cpuUs),
    'ms between chunks, p50': median(({ gapMs }) => gapMs.p50),
    'ms p99': median(({ gapMs }) => gapMs.p99),
    '% came with another': median(({ late, chunks }) => (100 * late) / chunks),
  }
  return {
    table,
    name,
    ...(ratio && { ratio }),
    figures,
    ...(name.startsWith('gateway') && { budget: { atMost: 1.5 } }),
  }
}

/** The stricter comparison: the echo backend has no upstream to read from, as the pipe has. */
function overSource(samples: Samples): Row {
  const ratio = ratioOf(cpuOf(samples, 'gateway, native stream'), cpuOf(samples, 'bare Node SSE source'))
  return { table, name: 'gateway over the source', ...(ratio && { ratio }), note: 'neither has an upstream' }
}

const hangs = [1, 2, 17]
const patienceMs = 2000

/** Streams that fall silent after some chunks: those must be there although nothing follows them. */
async function heldBack(gateway: GatewayProcess): Promise<Row> {
  const missing = await Promise.all(
    hangs.map((hangAfter) => missingOf(storyCall(gateway, { hangAfter }, 50), hangAfter)),
  )
  const value = missing.reduce((sum, n) => sum + n, 0)
  const name = 'chunks held back when a stream falls silent'
  return { table, name, figures: { chunks: value }, budget: { value, atMost: 0 } }
}

async function missingOf({ url, path, headers, body }: Call, sent: number): Promise<number> {
  const leave = AbortSignal.timeout(patienceMs)
  const response = await fetch(url + path, { method: 'POST', headers, body, signal: leave })
  let text = ''
  try {
    for await (const data of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += data
      if (text.split('event: chunk\n').length - 1 >= sent && text.endsWith('\n\n')) return 0
    }
  } catch (thrown) {
    if (!leave.aborted) throw thrown
  }
  return sent - (text.split('event: chunk\n').length - 1)
}
