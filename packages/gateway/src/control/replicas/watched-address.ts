import type { Backend } from '../../kernel/backend.ts'
import { AstraError, operatorReason } from '../../kernel/errors.ts'
import { within } from './later.ts'
import { createSealWatch, type SealWatch } from './seal-watch.ts'
import type { WatchPorts } from './watch-ports.ts'

/** One address of one backend: whether it is well, and which versions it may serve. */
export interface WatchedAddress {
  readonly seals: SealWatch
  /** Probes it, verifies what is due, and tells the fleet; resolves when the fleet knows. One look at a time. */
  look(): Promise<void>
  /** An attempt there broke off: looks at once, though not more often than every 200 ms. */
  suspect(): void
  close(): void
}

const intervalMs = 2000
const probeMs = 2000
const failuresMax = 2
const suspicionMs = 200
/** One that came back takes no calls while its versions are verified, but no longer than this: one slow version must not keep the others. */
const holdMs = 2000

/** `known`: it was inspected a moment ago, so it counts as up before its first probe. */
export function watchAddress(backend: Backend, address: string, known: boolean, ports: WatchPorts): WatchedAddress {
  const { fleet, clock, later, random, log, probing } = ports
  const seals = createSealWatch(backend, address, ports)
  let state: 'new' | 'up' | 'down' = known ? 'up' : 'new'
  let failures = 0
  let reason: string | undefined
  let lookedAt = clock.elapsed()
  let suspected = false
  let looking: Promise<void> | undefined
  let cancel = () => {}
  let closed = false
  fleet.setHealth(backend.name, address, undefined)

  const schedule = () => {
    cancel()
    if (closed) return
    const gapMs = suspected ? suspicionMs : intervalMs * (0.9 + 0.2 * random())
    cancel = later(Math.max(0, lookedAt + gapMs - clock.elapsed()), () => void look())
  }

  const look = (): Promise<void> => {
    cancel()
    looking ??= lookOnce().finally(() => {
      looking = undefined
      schedule()
    })
    return looking
  }

  const lookOnce = async () => {
    suspected = false
    const fault = await probing(async () => {
      lookedAt = clock.elapsed()
      return await within(probeMs, later, async (signal) => backend.probe?.(address, signal)).then(
        () => undefined,
        wordsOf,
      )
    })
    if (closed) return
    if (fault !== undefined) return failed(fault)
    failures = 0
    if (state !== 'up') seals.doubt()
    const verified = seals.verify()
    if (state !== 'up') await within(holdMs, later, () => verified).catch(() => undefined)
    if (!closed) passed()
  }

  const failed = (fault: string) => {
    failures++
    // One that never answered has nothing to lose.
    if (state === 'up' && failures < failuresMax) return
    if (state !== 'down') log.warn({ replica: address, reason: fault }, 'a replica is down')
    state = 'down'
    seals.unreachable(fault)
    if (reason !== fault) fleet.setHealth(backend.name, address, fault)
    reason = fault
  }

  const passed = () => {
    if (state === 'down') log.info({ replica: address }, 'a replica is back')
    state = 'up'
    if (reason !== undefined) fleet.setHealth(backend.name, address, undefined)
    reason = undefined
  }

  schedule()
  return {
    seals,
    look: () => (looking ? looking.then(look) : look()),
    suspect() {
      suspected = true
      if (!looking) schedule()
    },
    close() {
      closed = true
      cancel()
    },
  }
}

function wordsOf(thrown: unknown): string {
  const words =
    thrown instanceof AstraError ? operatorReason(thrown) : thrown instanceof Error ? thrown.message : thrown
  return String(words).split('\n')[0] ?? ''
}
