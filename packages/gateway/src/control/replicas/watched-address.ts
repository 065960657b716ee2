import { isDeepStrictEqual } from 'node:util'
import type { Backend } from '../../kernel/backend.ts'
import { AstraError, operatorReason } from '../../kernel/errors.ts'
import type { HealthFault } from '../../kernel/replicas.ts'
import { within } from './later.ts'
import { createSealWatch, type SealWatch } from './seal-watch.ts'
import type { WatchPorts } from './watch-ports.ts'

/**
 * One address of one backend: whether it is well, and which versions it may serve. Where the backend has no probe, as with a vendor who
 * bills what he is asked, it counts as well, and only what its attempts come to tells otherwise.
 */
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
/** Whoever gives reason to doubt it again and again has its versions verified so often, and no more. */
const doubtMs = 2000
/** So many probes in a row that another one answered than before: a server that closes idle connections early looks like that. */
const changesMax = 5
/** Of one that came back, whoever waits for the look waits for its versions to be verified, but no longer than this. */
const verifiedMs = 2000

/** `known`: it was inspected a moment ago, so it counts as up before its first probe. */
export function watchAddress(backend: Backend, address: string, known: boolean, ports: WatchPorts): WatchedAddress {
  const { fleet, clock, later, random, log, probing } = ports
  const seals = createSealWatch(backend, address, ports)
  let state: 'new' | 'up' | 'down' = known ? 'up' : 'new'
  let failures = 0
  let identity: string | undefined
  let changes = 0
  let told: HealthFault | undefined
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
    const nextAt = backend.probe ? lookedAt + gapMs : seals.nextDueAt()
    if (nextAt < Number.POSITIVE_INFINITY) cancel = later(Math.max(0, nextAt - clock.elapsed()), () => void look())
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
    if (!backend.probe) return await seals.verify()
    const found = await probing(async () => {
      // It may have left while it waited for its turn.
      if (closed) return undefined
      lookedAt = clock.elapsed()
      return await within(probeMs, later, async (signal) => backend.probe?.(address, signal)).catch(faultOf)
    })
    if (closed) return
    if (typeof found === 'object') return failed(found)
    failures = 0
    recognise(found)
    const cameUp = state !== 'up'
    // Before it takes calls again: while it was away, its files may have become others.
    if (cameUp) seals.distrust()
    passed()
    const verified = seals.verify()
    if (cameUp) await within(verifiedMs, later, () => verified).catch(() => undefined)
  }

  /** A process or a model that was exchanged between two probes is never seen to be away. */
  const recognise = (found: string | undefined) => {
    changes = found === identity ? 0 : changes + 1
    if (changes === 0) return
    identity = found
    seals.doubt(doubtMs)
    if (changes === changesMax) log.info({ replica: address }, restless)
  }

  const failed = (fault: HealthFault) => {
    failures++
    seals.doubt(doubtMs)
    // One that never answered has nothing to lose.
    if (state === 'up' && failures < failuresMax) return
    if (state !== 'down') log.warn({ replica: address, reason: fault.reason }, 'a replica is down')
    state = 'down'
    seals.unreachable(fault.reason)
    if (!isDeepStrictEqual(told, fault)) fleet.setHealth(backend.name, address, fault)
    told = fault
  }

  const passed = () => {
    if (state === 'down') log.info({ replica: address }, 'a replica is back')
    state = 'up'
    if (told) fleet.setHealth(backend.name, address, undefined)
    told = undefined
  }

  schedule()
  return {
    seals,
    look: () => (looking ? looking.then(look) : look()),
    suspect() {
      suspected = true
      // A process that crashed and began anew is perhaps never seen to be away.
      seals.doubt(doubtMs)
      if (!looking) schedule()
    },
    close() {
      closed = true
      cancel()
    },
  }
}

const restless =
  'a replica keeps no connection from one probe to the next, or changes its models all the time: its versions are verified anew each time'

function faultOf(thrown: unknown): HealthFault {
  const known = thrown instanceof AstraError ? thrown : undefined
  const words = known ? operatorReason(known) : thrown instanceof Error ? thrown.message : thrown
  // What is no AstraError is our own word that it took too long.
  return { reason: String(words).split('\n')[0] ?? '', silent: known === undefined || known.facts.unanswered === true }
}
