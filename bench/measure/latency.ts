import type { Call } from '../load/call.ts'
import { fellBehind, type OpenLoopReport, openLoop } from '../load/run-open-loop.ts'
import type { Row } from '../report.ts'
import type { Settings } from '../suite.ts'
import { connections } from '../workload.ts'
import { summarise } from './percentiles.ts'
import { inTurns, ratioOf } from './rounds.ts'

export interface Latencies {
  readonly samples: ReadonlyMap<string, readonly OpenLoopReport[]>
  readonly failures: ReadonlyMap<string, string>
}

/** Of calls at a constant rate, in turns. */
export async function measureLatency(
  calls: ReadonlyMap<string, Call>,
  { rate, seconds }: { readonly rate: number; readonly seconds: number },
  { rounds, machine, say }: Settings,
): Promise<Latencies> {
  return await inTurns([...calls.keys()], rounds, async (name, round) => {
    const call = calls.get(name)
    if (!call) throw new Error(`nobody is called ${name}`)
    const report = await openLoop({ call, rate, seconds, connections }, machine.loadCores)
    const { p50, p99 } = report.latencyMs
    say(`${name}, ${round === 'warm-up' ? round : `round ${round + 1}`}: ${p50.toFixed(2)} and ${p99.toFixed(2)} ms`)
    return report
  })
}

const shown = { 'ms p50': 'p50', 'ms p90': 'p90', 'ms p99': 'p99', 'ms p99.9': 'p999' } as const

/** One row for each name; `floor` is the one whose median is 1. */
export function latencyRows(
  table: string,
  floor: string,
  names: readonly string[],
  { samples, failures }: Latencies,
): readonly Row[] {
  const medians = (of: string) => (samples.get(of) ?? []).map(({ latencyMs }) => latencyMs.p50)
  return names.map((name): Row => {
    const reports = samples.get(name) ?? []
    if (reports.length === 0) return { table, name, note: `not measured: ${failures.get(name)}` }
    const middle = (rank: keyof OpenLoopReport['latencyMs']) =>
      summarise(reports.map(({ latencyMs }) => latencyMs[rank])).median
    const figures = Object.fromEntries(Object.entries(shown).map(([unit, rank]) => [unit, middle(rank)]))
    const ratio = ratioOf(medians(name), medians(floor))
    const behind = reports.map(fellBehind).find((why) => why !== undefined)
    return { table, name, ...(ratio && { ratio }), figures, ...(behind !== undefined && { note: behind }) }
  })
}
