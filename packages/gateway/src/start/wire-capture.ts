import type { Logger } from 'pino'
import { Capture } from '../journey/observe/capture/capture.ts'
import type { Metrics } from '../journey/record/metrics.ts'
import type { Clock } from '../kernel/clock.ts'
import { operatorReason, toAstraError } from '../kernel/errors.ts'
import type { PayloadStore } from '../kernel/payload.ts'
import { steadyTime } from '../kernel/steady-time.ts'
import type { Store } from '../kernel/store.ts'

export interface WiredCapture {
  readonly observer: Capture
  /** As the store's, but that what is on its way there goes too. */
  readonly forget: PayloadStore['forget']
  /** Writes what was seen last. */
  close(): Promise<void>
}

const writeEveryMs = 250
const expireEveryMs = 60_000
/** Steps of one sweep: what is left goes with the next. */
const stepsMax = 500
/** What all payloads may take where nobody says: the disk is Records' first. */
const bytesMaxDefault = 4 * 1024 ** 3
/** Records that wait: from so many on, payloads do. */
const recordsWaitingMax = 2000

export function wireCapture(ports: {
  readonly store: Pick<Store, 'payloads' | 'records'>
  readonly clock: Clock
  readonly metrics: Metrics
  readonly log: Pick<Logger, 'warn'>
  readonly faulted: (thrown: unknown) => void
  /** Of payloads in the store; left out: 4 GiB. */
  readonly captureBytesMax?: number | undefined
}): WiredCapture {
  const { store, clock, log, captureBytesMax = bytesMaxDefault } = ports
  const observer = new Capture({
    clock,
    store: store.payloads,
    faulted: ports.faulted,
    behind: () => store.records.status().waiting > recordsWaitingMax,
    later: (work, ms) => void (ms > 0 ? setTimeout(work, ms) : setImmediate(work)),
  })
  const isSteady = steadyTime(clock)
  let crowdedOut = 0
  meter(ports.metrics, observer)
  ports.metrics.counters(
    'astra_capture_crowded_out_total',
    'Payloads deleted before their time, as all of them took too much room',
    [],
    () => [{ labels: {}, value: crowdedOut }],
  )
  let closing = false
  let held = false
  const expire = async () => {
    const wasHeld = held
    held = !isSteady()
    if (held && !wasHeld)
      log.warn({}, 'old payloads are not deleted for a day, or until the clock is set back: it leapt')
    if (held) return
    try {
      for (let step = 0; step < stepsMax && !closing; step++) {
        const { over, crowded } = await store.payloads.expire(clock.now(), captureBytesMax)
        crowdedOut += crowded
        if (over + crowded === 0) return
      }
    } catch (thrown) {
      if (!closing) log.warn({ reason: operatorReason(toAstraError(thrown)) }, 'old payloads are not deleted yet')
    }
  }
  const timers = [
    setInterval(() => void observer.flush(), writeEveryMs).unref(),
    setInterval(() => void expire(), expireEveryMs).unref(),
  ]
  return {
    observer,
    // One after the other: what was on its way is in the store before that lets go of it.
    forget: async (of) => (await observer.forget(of)) + (await store.payloads.forget(of)),
    async close() {
      closing = true
      timers.forEach(clearInterval)
      await observer.close()
    },
  }
}

function meter(metrics: Metrics, { tally }: Capture): void {
  const ofContract = ['model', 'major'] as const
  metrics.counters('astra_captured_total', 'Calls whose payload was written', [...ofContract], () =>
    tally.kept().map(({ model, major, calls }) => ({ labels: { model, major: `v${major}` }, value: calls })),
  )
  metrics.counters(
    'astra_capture_dropped_total',
    'Calls of the share whose payload is not kept',
    [...ofContract, 'reason'],
    () =>
      tally.drops().map(({ model, major, reason, calls }) => ({
        labels: { model, major: `v${major}`, reason },
        value: calls,
      })),
  )
}
