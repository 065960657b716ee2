import type { Tool } from './machine.ts'
import type { Suite } from './suite.ts'
import { callsSuite } from './suites/calls.ts'
import { chatSuite } from './suites/chat.ts'
import { computeSuite } from './suites/compute.ts'
import { latencySuite } from './suites/latency.ts'
import { policiesSuite } from './suites/policies.ts'
import { startSuite } from './suites/start.ts'
import { streamsSuite } from './suites/streams.ts'

interface Entry {
  /** Without these it is left out. */
  readonly needs: readonly Tool[]
  readonly run: Suite
}

/** By the name that `--only` takes, in the order in which they run. */
export const suites = {
  calls: { needs: ['nginx', 'wrk'], run: callsSuite },
  latency: { needs: ['nginx'], run: latencySuite },
  streams: { needs: [], run: streamsSuite },
  chat: { needs: ['nginx', 'wrk'], run: chatSuite },
  policies: { needs: ['nginx', 'wrk'], run: policiesSuite },
  compute: { needs: ['wrk'], run: computeSuite },
  start: { needs: ['nginx', 'wrk'], run: startSuite },
} as const satisfies Readonly<Record<string, Entry>>

export type SuiteName = keyof typeof suites
