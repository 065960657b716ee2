import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { findTool } from '../machine.ts'
import { pinned } from '../servers/start-process.ts'
import type { Call } from './call.ts'

export interface OpenLoopOrder {
  readonly call: Call
  /** Requests a second. */
  readonly rate: number
  readonly seconds: number
  readonly connections: number
}

export interface Percentiles {
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

export interface OpenLoopReport {
  readonly count: number
  readonly failed: number
  readonly lastFailure: string
  /** From when a request was due to the end of its answer. */
  readonly latencyMs: Percentiles
  /** From when a request was due to when it was sent: the generator's own delay, which is part of `latencyMs`. */
  readonly lagMs: Percentiles
}

const program = fileURLToPath(new URL('./open-loop.ts', import.meta.url))
const run = promisify(execFile)

/** Throws when a call failed. */
export async function openLoop(order: OpenLoopOrder, cores: string | undefined): Promise<OpenLoopReport> {
  // SCHED_IDLE: whatever else wants the core gets it at once, above all the upstream that the server under test waits for.
  const chrt = findTool('chrt')
  const idle = chrt === undefined ? [] : [chrt, '--idle', '0']
  const [file = '', ...rest] = pinned(cores, [...idle, process.execPath, program, JSON.stringify(order)])
  // At that priority a busy machine leaves it nothing at all.
  const timeout = 30_000 + 5000 * order.seconds
  const { stdout } = await run(file, rest, { maxBuffer: 1 << 20, timeout }).catch((error) => {
    throw error.killed ? new Error('the generator got too little of the machine, which is busy') : error
  })
  const report: OpenLoopReport = JSON.parse(stdout)
  if (report.failed > 0) throw new Error(`${report.failed} of ${report.count} calls failed: ${report.lastFailure}`)
  return report
}

/** Why the latencies of a run are more the generator's than the server's; undefined when they are not. */
export function fellBehind({ lagMs, latencyMs }: OpenLoopReport): string | undefined {
  const worst = (['p50', 'p99'] as const).find((rank) => lagMs[rank] > latencyMs[rank] / 4)
  if (worst === undefined) return undefined
  const [lag, latency] = [lagMs[worst].toFixed(2), latencyMs[worst].toFixed(2)]
  return `the generator itself fell behind (${worst}: ${lag} of ${latency} ms): the machine was busy, do not trust this row`
}
