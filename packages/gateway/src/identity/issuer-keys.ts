import { errors, type JWTVerifyGetKey, type LocalJWKSet } from 'jose'
import type { Clock } from '../kernel/clock.ts'
import { AstraError } from '../kernel/errors.ts'
import type { IssuerState } from '../kernel/issuer-state.ts'
import type { FetchJson } from './fetch-json.ts'
import { publishedKeys } from './published-keys.ts'

/** After this a key set is fetched again, while calls go on with the one that is there. */
const freshMs = 10 * 60_000
/** An issuer that cannot be reached for longer than this has taken no key back that we know of: then its tokens are refused. */
const staleMaxMs = 24 * 3_600_000
/** Between two attempts, failed ones too: tokens with made-up key ids must not make us call the issuer. */
const cooldownMs = 10_000
const issuersMax = 1000
/** Calls that wait for one issuer; more are told at once to come again, so that one that hangs does not collect them. */
const waitingMax = 1000

interface KeySet {
  keys: LocalJWKSet | undefined
  /** On the monotonic clock. */
  fetchedAt: number
  triedAt: number
  fault: string | undefined
  fetching: Promise<void> | undefined
  waiting: number
}

export interface IssuerKeysPorts {
  readonly clock: Pick<Clock, 'elapsed'>
  readonly fetchJson: FetchJson
  /** An issuer's keys cannot be had; `reason` is for operators. */
  readonly failed: (issuer: string, reason: string) => void
}

/** Finds the key that signed a token, for jose. */
export type IssuerKeys = (issuer: IssuerState) => JWTVerifyGetKey

/** The keys of issuers, kept between calls. A search rejects with `identity_unavailable` where the issuer would have to be asked and cannot be. */
export function createIssuerKeys({ clock, fetchJson, failed }: IssuerKeysPorts): IssuerKeys {
  const sets = new Map<string, KeySet>()

  // By address, not by state: another revision of the catalog goes on with the same keys.
  function setOf({ issuer, jwksUrl = '' }: IssuerState): KeySet {
    const name = `${issuer} ${jwksUrl}`
    const known = sets.get(name)
    if (known) return known
    for (const oldest of sets.keys()) {
      if (sets.size < issuersMax) break
      sets.delete(oldest)
    }
    const none = { keys: undefined, fault: undefined, fetching: undefined }
    const set: KeySet = { ...none, fetchedAt: 0, triedAt: -Infinity, waiting: 0 }
    sets.set(name, set)
    return set
  }

  async function fetchInto(set: KeySet, issuer: IssuerState): Promise<void> {
    set.triedAt = clock.elapsed()
    try {
      set.keys = await publishedKeys(issuer, fetchJson)
      set.fetchedAt = clock.elapsed()
      set.fault = undefined
    } catch (thrown) {
      set.fault = thrown instanceof Error ? thrown.message : String(thrown)
      failed(issuer.issuer, set.fault)
    } finally {
      set.fetching = undefined
    }
  }

  /** At most one at a time and one per cooldown; undefined where none may be made. */
  function refresh(set: KeySet, issuer: IssuerState): Promise<void> | undefined {
    if (!set.fetching && clock.elapsed() - set.triedAt < cooldownMs) return undefined
    set.fetching ??= fetchInto(set, issuer)
    return set.fetching
  }

  async function refreshed(set: KeySet, issuer: IssuerState): Promise<void> {
    const fetching = refresh(set, issuer)
    if (!fetching) return
    if (set.waiting >= waitingMax) throw unavailable(set, 'too many calls wait for its keys')
    set.waiting++
    await fetching
    set.waiting--
  }

  const unavailable = (set: KeySet, reason = set.fault) =>
    new AstraError('identity_unavailable', {
      retryAfterMs: Math.max(1000, set.triedAt + cooldownMs - clock.elapsed()),
      ...(reason === undefined ? {} : { reason }),
    })

  return (issuer) => async (header, token) => {
    const set = setOf(issuer)
    const age = () => (set.keys ? clock.elapsed() - set.fetchedAt : Infinity)
    if (age() > staleMaxMs) await refreshed(set, issuer)
    else if (age() > freshMs) void refresh(set, issuer)
    if (!set.keys || age() > staleMaxMs) throw unavailable(set)
    const tried = set.keys
    try {
      return await tried(header, token)
    } catch (thrown) {
      if (!(thrown instanceof errors.JWKSNoMatchingKey)) throw thrown
      // The issuer may have new keys since.
      await refreshed(set, issuer)
      if (set.keys !== tried) return await set.keys(header, token)
      throw set.fault === undefined ? thrown : unavailable(set)
    }
  }
}
