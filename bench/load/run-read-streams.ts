import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { pinned } from '../servers/start-process.ts'
import type { Call } from './call.ts'

export interface StreamsOrder {
  readonly call: Call
  /** Open at the same time. */
  readonly streams: number
  /** How long new ones are begun; the last then run out. */
  readonly seconds: number
  /** In each stream. */
  readonly chunks: number
  /** What each chunk has, and nothing else. */
  readonly mark: string
}

export interface StreamsReport {
  readonly chunks: number
  /** Chunks that came together with one that was sent before them. */
  readonly late: number
  /** Between one chunk's arrival and the next's. */
  readonly gapMs: { readonly p50: number; readonly p99: number; readonly max: number }
}

const program = fileURLToPath(new URL('./read-streams.ts', import.meta.url))
const run = promisify(execFile)

/** Throws when a stream did not bring all of its chunks. */
export async function readStreams(order: StreamsOrder, cores: string | undefined): Promise<StreamsReport> {
  const [file = '', ...rest] = pinned(cores, [process.execPath, program, JSON.stringify(order)])
  const { stdout } = await run(file, rest, { maxBuffer: 1 << 20 })
  return JSON.parse(stdout)
}
