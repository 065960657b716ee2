import { hash } from 'node:crypto'
import type { Key, Permission } from '../../kernel/caller.ts'
import type { Clock } from '../../kernel/clock.ts'
import { AstraError } from '../../kernel/errors.ts'
import { Secret } from '../../kernel/secret.ts'
import type { StateStore, StoredKey } from '../../kernel/store.ts'
import { keyLength, keyText, looksLikeKey } from './key-text.ts'

/** The keys of this gateway: an index in memory, changed key by key, over what the store keeps. */
export interface Keyring {
  /** By what a caller sent. A revoked key is found too (`revokedAt`), so that its owner can be told. Never awaits. */
  find(secret: string): Key | undefined
  /** Oldest first, revoked ones included. */
  list(): readonly Key[]
  /** Resolves when the key is durable; only then does it work. */
  create(grant: Grant): Promise<{ readonly key: Key; readonly secret: Secret }>
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
export interface Grant {
  readonly consumer: string
  readonly permissions: readonly Permission[]
  /** Left out: every model. */
  readonly models?: readonly string[]
  readonly note?: string
}

/** Reads every key of the store; `random` gives cryptographically strong bytes. */
export async function createKeyring(ports: {
  readonly store: Pick<StateStore, 'keys' | 'saveKey'>
  readonly clock: Clock
  readonly random: (bytes: number) => Uint8Array
}): Promise<Keyring> {
  const { store, clock, random } = ports
  // Looked up by the hash, so timing tells nothing by construction: what is compared is SHA-256 of the guess, and how much of
  // that agrees with a stored hash is neither the guesser's to steer nor of any help in finding the key.
  const byHash = new Map<string, Key>()
  const byId = new Map<string, StoredKey>()
  for (const stored of await store.keys()) index(stored)

  function index(stored: StoredKey): void {
    byHash.set(stored.hash, stored.key)
    byId.set(stored.key.id, stored)
  }

  async function keep(secret: Secret, id: string, createdAt: number, grant: Grant): Promise<Key> {
    const key: Key = Object.freeze({ ...grant, id, createdAt })
    const stored = { key, hash: sha256(secret.reveal()) }
    await store.saveKey(stored)
    index(stored)
    return key
  }

  const newId = () => `key_${Buffer.from(random(8)).toString('hex')}`

  return {
    find: (secret) => (looksLikeKey(secret) ? byHash.get(sha256(secret)) : undefined),
    list: () => [...byId.values()].map(({ key }) => key).sort((a, b) => a.createdAt - b.createdAt),
    async create(grant) {
      const secret = new Secret(keyText(random))
      return { key: await keep(secret, newId(), clock.now(), grant), secret }
    },
    async revoke(id) {
      const known = byId.get(id)
      if (!known) throw new AstraError('unknown_key', { detail: `There is no key "${id.slice(0, 64)}"` })
      const key: Key = Object.freeze({ ...known.key, revokedAt: known.key.revokedAt ?? clock.now() })
      const revoked = { key, hash: known.hash }
      index(revoked)
      await store.saveKey(revoked)
      return key
    },
    async adopt(secret, grant) {
      const text = secret.reveal()
      if (!looksLikeKey(text)) throw unfit(text)
      const known = byHash.get(sha256(text))
      if (known && (known.revokedAt !== undefined || sameGrant(known, grant))) return known
      return await keep(secret, known?.id ?? newId(), known?.createdAt ?? clock.now(), grant)
    },
  }
}

function sha256(text: string): string {
  return hash('sha256', text, 'hex')
}

function sameGrant(key: Key, grant: Grant): boolean {
  const facts = ({ consumer, permissions, models, note }: Grant) =>
    JSON.stringify([consumer, permissions, models, note])
  return facts(key) === facts(grant)
}

function unfit(text: string): AstraError {
  return new AstraError('invalid_option', {
    detail: `A key must have ${keyLength.min} to ${keyLength.max} visible ASCII characters; this one has ${text.length}`,
    next: 'Make one, for example: openssl rand -hex 32',
  })
}
