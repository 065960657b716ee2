import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import { Judging } from '../journey/observe/judge/judging.ts'
import type { Metrics } from '../journey/record/metrics.ts'
import type { Catalog } from '../kernel/catalog.ts'
import type { Clock } from '../kernel/clock.ts'
import type { JudgeReports } from '../kernel/judge.ts'
import type { AskOwn } from '../kernel/own-call.ts'
import type { Store } from '../kernel/store.ts'
import { writeEvery } from './write-every.ts'

export interface WiredJudge {
  readonly observer: Judging
  readonly reports: JudgeReports
  /** Ends what is asked for, and writes what was seen last. */
  close(): Promise<void>
}

/** For words that are on their way to the store. */
const settleMs = 1000

export function wireJudge(ports: {
  readonly store: Pick<Store, 'judges' | 'records'>
  readonly clock: Clock
  readonly catalog: () => Catalog
  readonly ask: AskOwn
  readonly metrics: Metrics
  readonly log: Pick<Logger, 'warn'>
}): WiredJudge {
  const { store, clock, catalog, ask } = ports
  const observer = new Judging({
    ...{ clock, catalog, ask, store: store.judges },
    feedback: (feedback) => store.records.feedback(feedback),
    later: (work, ms) => void setTimeout(work, ms).unref(),
  })
  meter(ports.metrics, observer)
  const writing = writeEvery(() => observer.flush(), ports.log, 'what judges came to is not written yet')
  return {
    observer,
    reports: observer.reports,
    async close() {
      await Promise.race([observer.stop(), wait(settleMs, undefined, { ref: false })])
      await writing.close()
    },
  }
}

/** What becomes of judgements that are asked for stands in `astra_calls_total`, as they are calls like any other. */
function meter(metrics: Metrics, judging: Judging): void {
  metrics.gauge('astra_judge_in_flight', 'Judgements that are asked for', () => judging.inFlight)
  metrics.gauge('astra_judge_waiting', 'Judgements that wait to be asked for', () => judging.waiting)
  metrics.counters(
    'astra_judge_dropped_total',
    'Answers of the share that were not judged',
    ['model', 'major', 'metric', 'reason'],
    () =>
      judging.drops().map(({ model, major, metric, reason, calls }) => ({
        labels: { model, major: `v${major}`, metric, reason },
        value: calls,
      })),
  )
}
