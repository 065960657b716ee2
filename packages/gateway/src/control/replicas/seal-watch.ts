import { isDeepStrictEqual } from 'node:util'
import type { Backend } from '../../kernel/backend.ts'
import type { VersionState } from '../../kernel/catalog-state.ts'
import { within } from './later.ts'
import { type SealFinding, verifySeal } from './verify-seal.ts'
import type { WatchPorts } from './watch-ports.ts'

/** How far a replica's word is taken that it serves what was applied. */
export type Trust =
  /** It was inspected for plan a moment ago. */
  | 'inspected'
  /** Plan probably inspected it, so that it serves while it is verified. */
  | 'likely'
  /** It takes no calls for a version before that is verified. */
  | 'none'

/** The versions that one address serves: each is held to its digest, and barred there while it is another or not known to be the same. */
export interface SealWatch {
  join(version: string, state: VersionState, trust: Trust): void
  /**
   * The version as it stands in the catalog now: what is not sealed, such as the name of a secret, may have changed. True when it is
   * due to be verified for that.
   */
  renew(version: string, state: VersionState): boolean
  leave(version: string): void
  readonly size: number
  /** Every version is to be verified again, though not within so many ms after it was asked last. */
  doubt(gapMs: number): void
  /** So it is, at once, and takes no calls before. */
  distrust(): void
  /** Verifies what is due. Resolves when nothing is being verified any more. */
  verify(): Promise<void>
  /** When the next one is due, by the elapsed clock; Infinity: none is. */
  nextDueAt(): number
  /** It cannot be asked, as it does not answer. */
  unreachable(reason: string): void
}

interface Seal {
  state: VersionState
  /** Whether it was ever found to be as applied; one that was goes on serving while it cannot be asked. */
  known: boolean
  /** When to verify it, by the elapsed clock; Infinity: not before there is a reason. */
  dueAt: number
  asking: boolean
  askedAt: number
  /** How long after a finding that bars it, or that is none, it is asked again. */
  againMs: number
  barred: string | undefined
}

/** Loading a model takes its time. */
const verifyMs = 60_000
/** Doubles each time in a row: asking can make upstream try to load. */
const againMinMs = 2000
const againMaxMs = 300_000

export function createSealWatch(backend: Backend, address: string, ports: WatchPorts): SealWatch {
  const { fleet, clock, later, log, verifying } = ports
  const seals = new Map<string, Seal>()
  const running = new Set<Promise<void>>()

  const bar = (version: string, seal: Seal, reason: string | undefined) => {
    if (seal.barred === reason) return
    seal.barred = reason
    fleet.setBarred(version, address, reason)
  }

  const askAgain = (seal: Seal) => {
    seal.dueAt = Math.min(seal.dueAt, clock.elapsed() + seal.againMs)
    seal.againMs = Math.min(2 * seal.againMs, againMaxMs)
  }

  const settle = (version: string, seal: Seal, finding: SealFinding) => {
    if (finding.seal === 'unknown') {
      askAgain(seal)
      if (!seal.known) bar(version, seal, notCompared(finding.reason))
    } else if (finding.seal === 'other') {
      askAgain(seal)
      if (seal.barred !== finding.reason) {
        log.error({ version, replica: address, reason: finding.reason }, 'a replica may not serve this version')
      }
      seal.known = false
      bar(version, seal, finding.reason)
    } else {
      if (seal.barred !== undefined) log.info({ version, replica: address }, 'a replica serves this version as applied')
      seal.known = true
      seal.againMs = againMinMs
      bar(version, seal, undefined)
    }
  }

  const ask = async (version: string, seal: Seal) => {
    seal.asking = true
    while (seal.dueAt <= clock.elapsed() && seals.get(version) === seal) {
      seal.dueAt = Number.POSITIVE_INFINITY
      seal.askedAt = clock.elapsed()
      const finding = await verifying(() =>
        within(verifyMs, later, (signal) => verifySeal(backend, seal.state, address, signal, 'missing')),
      ).catch((error: Error): SealFinding => ({ seal: 'unknown', reason: error.message }))
      if (seals.get(version) === seal) settle(version, seal, finding)
    }
    seal.asking = false
  }

  const doubt = (gapMs: number) => {
    for (const seal of seals.values()) {
      if (!seal.state.immutable) continue
      seal.dueAt = Math.min(seal.dueAt, Math.max(clock.elapsed(), seal.askedAt + gapMs))
      seal.againMs = againMinMs
    }
  }

  return {
    join(version, state, trust) {
      // Upstream gives no digest: there is nothing to hold it to.
      const known = trust !== 'none' || !state.immutable
      // Where nothing is probed, to inspect is the only way to find out what is missing here, such as a secret.
      const needless = trust === 'inspected' || (!state.immutable && backend.probe !== undefined)
      const dueAt = needless ? Number.POSITIVE_INFINITY : clock.elapsed()
      const reason = known ? undefined : notCompared(beingAsked)
      const askedAt = Number.NEGATIVE_INFINITY
      seals.set(version, { state, known, dueAt, asking: false, askedAt, againMs: againMinMs, barred: reason })
      fleet.setBarred(version, address, reason)
    },
    renew(version, state) {
      const seal = seals.get(version)
      if (!seal || isDeepStrictEqual(seal.state.settings, state.settings)) return false
      seal.state = state
      if (seal.barred === undefined) return false
      seal.againMs = againMinMs
      seal.dueAt = clock.elapsed()
      return true
    },
    leave: (version) => void seals.delete(version),
    nextDueAt: () => Math.min(...[...seals.values()].map(({ dueAt }) => dueAt)),
    get size() {
      return seals.size
    },
    doubt,
    distrust() {
      for (const [version, seal] of [...seals]) {
        if (!seal.state.immutable) continue
        // A new one: what is being asked just now may be answered by who was there before.
        const anew = { ...seal, known: false, asking: false }
        seals.set(version, anew)
        if (seal.known) bar(version, anew, notCompared(beingAsked))
      }
      doubt(0)
    },
    async verify() {
      for (const [version, seal] of seals) {
        if (seal.asking || seal.dueAt > clock.elapsed()) continue
        const asked: Promise<void> = ask(version, seal).finally(() => running.delete(asked))
        running.add(asked)
      }
      await Promise.all(running)
    },
    unreachable(reason) {
      for (const [version, seal] of seals) if (!seal.known) bar(version, seal, notCompared(reason))
    },
  }
}

const beingAsked = 'it is being asked'

function notCompared(why: string): string {
  return `is not compared yet with what was applied: ${why}`
}
