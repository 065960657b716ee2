import type { Logger } from 'pino'
import { Observers } from '../journey/observe/observe.ts'
import { OwnCalls, type Settle } from '../journey/observe/own-calls.ts'
import type { Metrics } from '../journey/record/metrics.ts'
import type { Catalog } from '../kernel/catalog.ts'
import type { Clock } from '../kernel/clock.ts'
import { operatorReason, toAstraError } from '../kernel/errors.ts'
import type { Observer } from '../kernel/observation.ts'
import type { AskOwn } from '../kernel/own-call.ts'
import type { CallRecord } from '../kernel/record.ts'
import type { Store } from '../kernel/store.ts'
import { type WiredCapture, wireCapture } from './wire-capture.ts'
import { type WiredDrift, wireDrift } from './wire-drift.ts'
import { type WiredJudge, wireJudge } from './wire-judge.ts'
import { type WiredShadow, wireShadow } from './wire-shadow.ts'

/** Who learns from calls beside their path, and the calls that the gateway makes for it on its own account. */
export interface WiredObservers {
  readonly observers: Observers
  readonly shadow: WiredShadow
  readonly judging: WiredJudge
  readonly drift: WiredDrift
  readonly capture: WiredCapture
  readonly ask: AskOwn
  kept(record: CallRecord): void
  /** The gateway's own calls end, and none begins any more. */
  stop(): void
  /** Writes what was seen last; before the store closes. */
  close(): Promise<void>
}

export interface ObserverPorts {
  readonly store: Store
  readonly clock: Clock
  readonly catalog: () => Catalog
  readonly metrics: Metrics
  readonly log: Logger
  /** Of payloads in the store. */
  readonly captureBytesMax?: number | undefined
}

/** `settle`: of the journey, which is made of what comes from here. */
export function wireObservers(ports: ObserverPorts, settle: Settle): WiredObservers {
  const { clock, log } = ports
  let faults = 0
  const faulted = (thrown: unknown) => {
    // The first of them tells it: one that fails may fail for every call.
    if (faults++ === 0) log.error({ reason: operatorReason(toAstraError(thrown)) }, 'an observer of calls failed')
  }
  const own = new OwnCalls(clock, settle)
  const shadow = wireShadow({ ...ports, own })
  const judging = wireJudge({ ...ports, ask: own.ask })
  const drift = wireDrift({ ...ports, faulted })
  const capture = wireCapture({ ...ports, faulted })
  /** Each of them: an observer, and what closes it. A new one is a line here. */
  const wired: readonly { readonly observer: Observer; close(): Promise<void> }[] = [
    { observer: shadow.shadow, close: shadow.close },
    judging,
    drift,
    capture,
  ]
  ports.metrics.counters(
    'astra_observer_faults_total',
    'Observers that failed, each a fault of the gateway',
    [],
    () => [{ labels: {}, value: faults }],
  )
  const observers = new Observers(
    wired.map(({ observer }) => observer),
    faulted,
  )
  return {
    observers,
    shadow,
    judging,
    drift,
    capture,
    ask: own.ask,
    kept(record) {
      own.kept(record)
      observers.kept(record)
    },
    stop: () => own.stop(),
    async close() {
      for (const { close } of wired) {
        await close().catch((thrown) =>
          log.error({ reason: operatorReason(toAstraError(thrown)) }, 'an observer is not closed'),
        )
      }
    },
  }
}
