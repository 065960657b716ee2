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

const ranks = [
  ['p50', 50],
  ['p90', 90],
  ['p99', 99],
  ['p999', 99.9],
] as const

/** A percentile that not one call of a turn lies above is the slowest call under another name. */
function shownRanks(count: number) {
  return ranks.filter(([, percent]) => (count * (100 - percent)) / 100 >= 1)
}

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
    const shown = shownRanks(Math.min(...reports.map(({ count }) => count)))
    const figures = Object.fromEntries(shown.map(([rank, percent]) => [`ms p${percent}`, middle(rank)]))
    const ratio = ratioOf(medians(name), medians(floor))
    const behind = reports.map(fellBehind).find((why) => why !== undefined)
    return { table, name, ...(ratio && { ratio }), figures, ...(behind !== undefined && { note: behind }) }
  })
}
