import type { Call } from '../load/call.ts'
import { readStreams, type StreamsReport } from '../load/run-read-streams.ts'
import type { Budget, Row } from '../report.ts'
import type { Settings } from '../suite.ts'
import { connections } from '../workload.ts'
import { cpuSeconds } from './cpu.ts'
import { summarise } from './percentiles.ts'
import { inTurns, ratioOf } from './rounds.ts'

/** A server under test and the stream that it is asked for. */
export interface StreamContestant {
  readonly pid: number
  readonly call: Call
  /** What each chunk of its stream has, and nothing else. */
  readonly mark: string
  readonly budget?: Budget
  /** After each turn: throws when the server knows of a stream that failed although the client saw all of it. */
  readonly check?: () => Promise<void>
}

export interface StreamSample extends StreamsReport {
  /** us of user and system time per chunk. */
  readonly cpuUs: number
}

export type StreamSamples = ReadonlyMap<string, readonly StreamSample[]>

/** CPU per chunk of each contestant, in turns; each stream has so many chunks. */
export function measureStreams(
  contestants: ReadonlyMap<string, StreamContestant>,
  chunks: number,
  { machine, rounds, seconds, say }: Settings,
) {
  return inTurns([...contestants.keys()], rounds, async (name, round): Promise<StreamSample> => {
    const contestant = contestants.get(name)
    if (!contestant) throw new Error(`nobody is called ${name}`)
    const { pid, call, mark, check } = contestant
    const before = cpuSeconds(pid)
    const order = { call, streams: connections, seconds: 2 * seconds, chunks, mark }
    const report = await readStreams(order, machine.loadCores)
    const cpuUs = (1e6 * (cpuSeconds(pid) - before)) / report.chunks
    await check?.()
    say(`${name}, ${round === 'warm-up' ? round : `round ${round + 1}`}: ${cpuUs.toFixed(1)} us`)
    return { ...report, cpuUs }
  })
}

export function chunkCpuOf(samples: StreamSamples, name: string): readonly number[] {
  return (samples.get(name) ?? []).map(({ cpuUs }) => cpuUs)
}

/** One row for each contestant; `floor` is the one that is 1. */
export function streamRows(
  table: string,
  floor: string,
  contestants: ReadonlyMap<string, StreamContestant>,
  { samples, failures }: Awaited<ReturnType<typeof measureStreams>>,
): readonly Row[] {
  return [...contestants].map(([name, { budget }]): Row => {
    const reports = samples.get(name) ?? []
    if (reports.length === 0) {
      return { table, name, ...(budget && { budget }), note: `not measured: ${failures.get(name)}` }
    }
    const ratio = ratioOf(chunkCpuOf(samples, name), chunkCpuOf(samples, floor))
    const median = (value: (sample: StreamSample) => number) => summarise(reports.map(value)).median
    const figures = {
      'us CPU a chunk': median(({ cpuUs }) => cpuUs),
      'ms between chunks, p50': median(({ gapMs }) => gapMs.p50),
      'ms p99': median(({ gapMs }) => gapMs.p99),
      '% came with another': median(({ late, chunks }) => (100 * late) / chunks),
    }
    return { table, name, ...(ratio && { ratio }), figures, ...(budget && { budget }) }
  })
}

const hangs = [1, 2, 17]
const patienceMs = 2000

/** Streams that fall silent after some chunks: those must be there although nothing follows them. */
export async function heldBack(
  table: string,
  name: string,
  callOf: (hangAfter: number) => Call,
  mark: string,
): Promise<Row> {
  const missing = await Promise.all(hangs.map((hangAfter) => missingOf(callOf(hangAfter), hangAfter, mark)))
  const value = missing.reduce((sum, n) => sum + n, 0)
  return { table, name, figures: { chunks: value }, budget: { value, atMost: 0 } }
}

async function missingOf({ url, path, headers, body }: Call, sent: number, mark: string): Promise<number> {
  const leave = AbortSignal.timeout(patienceMs)
  const response = await fetch(url + path, { method: 'POST', headers, body, signal: leave })
  let text = ''
  try {
    for await (const data of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += data
      if (text.split(mark).length - 1 >= sent && text.endsWith('\n\n')) return 0
    }
  } catch (thrown) {
    if (!leave.aborted) throw thrown
  }
  return sent - (text.split(mark).length - 1)
}
