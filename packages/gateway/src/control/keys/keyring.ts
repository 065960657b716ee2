import { type Key, revisionOf } from '../../kernel/caller.ts'
import type { Clock } from '../../kernel/clock.ts'
import { AstraError } from '../../kernel/errors.ts'
import { Secret } from '../../kernel/secret.ts'
import type { StateStore, StoredKey } from '../../kernel/store.ts'
import type { IfMatch } from '../operations/ports.ts'
import { requireRevision } from '../operations/require-revision.ts'
import { withoutUndefined } from '../operations/without-undefined.ts'
import { expired, keptElsewhere, replaced, unfit } from './key-faults.ts'
import { keyText, looksLikeKey } from './key-text.ts'
import { createKeyUses } from './key-uses.ts'
import { knownHashes, sha256 } from './known-hashes.ts'

/** The keys of this gateway: an index in memory, changed key by key, over what the store keeps. */
export interface Keyring {
  /** By what a caller sent. A revoked key is found too (`revokedAt`), so that its owner can be told. Never awaits. */
  find(secret: string): Key | undefined
  /** Oldest first, revoked and expired ones included. */
  list(): readonly Key[]
  get(id: string): Key | undefined
  /** A call was made with it. In memory, and written with the next `saveUses`. */
  used(id: string): void
  /** ms since the Unix epoch, to within a minute; undefined when it never was. */
  lastUsedAt(id: string): number | undefined
  /** Makes durable what was used since the last time; what the store refuses is tried again the next time. */
  saveUses(): Promise<void>
  /** Resolves when the key is durable; only then does it work. */
  create(grant: Grant): Promise<{ readonly key: Key; readonly secret: Secret }>
  /**
   * A new secret and id for the same grant; the old key works for `overlapMs` longer, or until it would have expired anyway. Both
   * become durable together. The new one lives as long as the old one was to, from now on, unless `change` says otherwise, and counts
   * against the limits that the old one did. Rejects with `unknown_key`,
   * `key_revoked`, `key_expired`, or `conflict` for a key that is kept elsewhere or was replaced already.
   */
  rotate(id: string, overlapMs: number, change?: KeyChange): Promise<{ readonly key: Key; readonly secret: Secret }>
  /**
   * What is left out stays; undefined takes it away. Rejects as `rotate`, but an expired key may be given more time; and with
   * `precondition_failed` where it was changed since.
   */
  update(id: string, change: KeyChange, ifMatch: IfMatch): Promise<Key>
  /**
   * Takes effect at once and resolves when durable. Rejects with `unknown_key`, or with the store's error: then the key is
   * refused by this process already, and the revocation must be repeated to outlive it. Repeating it is harmless.
   */
  revoke(id: string): Promise<Key>
  /**
   * Makes sure that a key which was chosen elsewhere (ASTRA_ADMIN_KEY, the demo key's file) has this grant, under the same id
   * at every start. A revoked one stays revoked: look at `revokedAt`. Throws `invalid_option` for a text unfit to be a key.
   */
  adopt(secret: Secret, grant: Grant): Promise<Key>
}

/** What a key allows, and whom. */
export type Grant = Omit<Key, 'id' | 'createdAt' | 'revokedAt' | 'replaces' | 'countsAs' | 'revision'>

export type KeyChange = { readonly [Name in 'limits' | 'addresses' | 'note' | 'expiresAt']?: Key[Name] | undefined }

/** Reads every key of the store; `random` gives cryptographically strong bytes. */
export async function createKeyring(ports: {
  readonly store: Pick<StateStore, 'keys' | 'saveKeys' | 'keyUses' | 'saveKeyUses'>
  readonly clock: Clock
  readonly random: (bytes: number) => Uint8Array
  /** Keys that are new, or other than they were. */
  readonly changed?: (keys: readonly Key[]) => void
}): Promise<Keyring> {
  const { store, clock, random, changed: tell = () => {} } = ports
  // Looked up by the hash, so timing tells nothing by construction: what is compared is SHA-256 of the guess, and how much of
  // that agrees with a stored hash is neither the guesser's to steer nor of any help in finding the key.
  const byHash = new Map<string, Key>()
  const hashes = knownHashes((hash) => byHash.has(hash))
  const byId = new Map<string, StoredKey>()
  /** Kept outside the store: what is changed here would be undone at the next start. */
  const adopted = new Set<string>()
  const uses = createKeyUses(store, clock, await store.keyUses())
  for (const stored of await store.keys()) index(stored)

  function index(stored: StoredKey): void {
    byHash.set(stored.hash, stored.key)
    byId.set(stored.key.id, stored)
  }

  async function keep(...keys: readonly StoredKey[]): Promise<void> {
    await store.saveKeys(keys)
    // What was revoked while this was written stays revoked: the store has the revocation behind it.
    for (const stored of keys) if (byId.get(stored.key.id)?.key.revokedAt === undefined) index(stored)
    tell(keys.map(({ key }) => key))
  }

  /** One after the other: each builds on what the one before left. */
  let turn: Promise<unknown> = Promise.resolve()
  function inTurn<T>(change: () => Promise<T>): Promise<T> {
    const run = turn.then(change)
    turn = run.catch(() => undefined)
    return run
  }

  function known(id: string): StoredKey {
    const found = byId.get(id)
    if (!found) throw new AstraError('unknown_key', { detail: `There is no key "${id.slice(0, 64)}"` })
    return found
  }

  function changeable(id: string): StoredKey {
    const found = known(id)
    if (found.key.revokedAt !== undefined) throw new AstraError('key_revoked', { detail: `${id} was revoked` })
    if (adopted.has(id)) throw keptElsewhere(id)
    return found
  }

  const newId = () => `key_${Buffer.from(random(8)).toString('hex')}`

  return {
    find: (secret) => byHash.get(hashes(secret)),
    list: () => [...byId.values()].map(({ key }) => key).sort((a, b) => a.createdAt - b.createdAt),
    get: (id) => byId.get(id)?.key,
    ...uses,
    async create(grant) {
      const made = newKey(keyText(random), { ...grant, id: newId(), createdAt: clock.now() })
      await keep(made.stored)
      return { key: made.stored.key, secret: made.secret }
    },
    rotate: (id, overlapMs, change = {}) =>
      inTurn(async () => {
        const { key, hash } = changeable(id)
        const now = clock.now()
        if (key.expiresAt !== undefined && key.expiresAt <= now) throw expired(id)
        const successors = [...byId.values()].filter(({ key }) => key.replaces === id)
        const successor = successors.find(({ key }) => key.revokedAt === undefined)
        if (successor) throw replaced(id, successor.key.id)
        // Of a key that was rotated before, its end is that of the overlap.
        const expiresAt = endOfNext(successors[0]?.key ?? key, now)
        const grant = withoutUndefined({ ...key, revision: undefined, expiresAt, ...change })
        const countsAs = key.countsAs ?? id
        const made = newKey(keyText(random), { ...grant, id: newId(), createdAt: now, replaces: id, countsAs })
        const ends = Math.min(now + overlapMs, key.expiresAt ?? Number.POSITIVE_INFINITY)
        await keep(made.stored, { key: changed(key, { expiresAt: ends }), hash })
        return { key: made.stored.key, secret: made.secret }
      }),
    update: (id, change, ifMatch) =>
      inTurn(async () => {
        const { key, hash } = changeable(id)
        requireRevision(ifMatch, revisionOf(key), id)
        const next = changed(key, change)
        await keep({ key: next, hash })
        return next
      }),
    async revoke(id) {
      const { key, hash } = known(id)
      const revoked = { key: key.revokedAt === undefined ? changed(key, { revokedAt: clock.now() }) : key, hash }
      index(revoked)
      await store.saveKeys([revoked])
      return revoked.key
    },
    async adopt(secret, grant) {
      const text = secret.reveal()
      if (!looksLikeKey(text)) throw unfit(text)
      const found = byHash.get(sha256(text))
      if (found?.revokedAt !== undefined) return found
      const { id = newId(), createdAt = clock.now() } = found ?? {}
      adopted.add(id)
      if (found && sameGrant(found, grant)) return found
      const { stored } = newKey(text, { ...grant, id, createdAt })
      await keep(stored)
      return stored.key
    },
  }
}

function changed(key: Key, change: KeyChange & Pick<Key, 'revokedAt'>): Key {
  return Object.freeze(withoutUndefined({ ...key, ...change, revision: revisionOf(key) + 1 }))
}

/** A key that was to work for 90 days is followed by one that does. */
function endOfNext({ createdAt, expiresAt }: Key, now: number): number | undefined {
  return expiresAt === undefined ? undefined : now + expiresAt - createdAt
}

function newKey(text: string, key: Key): { readonly stored: StoredKey; readonly secret: Secret } {
  return { stored: { key: Object.freeze(key), hash: sha256(text) }, secret: new Secret(text) }
}

function sameGrant(key: Key, grant: Grant): boolean {
  const facts = ({ consumer, permissions, models, note, limits, addresses, expiresAt }: Grant) =>
    JSON.stringify([consumer, permissions, models, note, limits, addresses, expiresAt])
  return facts(key) === facts(grant)
}
