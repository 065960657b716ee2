import type { Machine } from './machine.ts'
import type { Row } from './report.ts'

/** What every suite is given. */
export interface Settings {
  readonly machine: Machine
  readonly rounds: number
  /** Of one measured turn. */
  readonly seconds: number
  /** Of one slice of a warm-up, which lasts for so many calls and seldom much longer. */
  readonly warmUpSeconds: number
  readonly warmUpCalls: number
  /** Of the open loop, requests a second. */
  readonly rate: number
  readonly peers: ReadonlySet<string>
  /** For whoever waits. */
  readonly say: (line: string) => void
}

/** A part of the bench that can be asked for alone. Brings its servers along and takes them away. */
export type Suite = (settings: Settings) => Promise<readonly Row[]>
