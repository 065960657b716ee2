import type { Key } from '../../kernel/caller.ts'
import { AstraError } from '../../kernel/errors.ts'
import { type Networks, networksOf } from '../../kernel/networks.ts'

/** Where a request came from. `ip` is worked out when it is read: only keys that are bound to addresses ask for it. */
export interface From {
  readonly ip: string
}

/** For whom there may be nobody left to ask. */
const wayBack =
  'Ask for a new key: "astraapi keys create". If no administrator has one, start the gateway again: it keeps a working one in admin.key of its data folder, or takes a new ASTRA_ADMIN_KEY.'

/** By the list itself, which a key and the callers made of it share. */
const networks = new WeakMap<readonly string[], Networks>()

/** Throws `key_revoked`, `key_expired` or `address_forbidden`. */
export function requireUsable(key: Key, from: From, now: () => number): void {
  if (key.revokedAt !== undefined) {
    const next = key.permissions.includes('admin') ? { next: wayBack } : {}
    throw new AstraError('key_revoked', { ...next, reason: `${key.id} was revoked` })
  }
  if (key.expiresAt !== undefined && key.expiresAt <= now()) {
    throw new AstraError('key_expired', {
      detail: `This key expired at ${new Date(key.expiresAt).toISOString()}`,
      reason: `${key.id} expired`,
    })
  }
  requireAddress(key.id, key.addresses, from)
}

/** Of a key, or of a token that was minted from it. Throws `address_forbidden`. */
export function requireAddress(keyId: string, addresses: readonly string[] | undefined, from: From): void {
  if (addresses === undefined || allowedBy(addresses).has(from.ip)) return
  // What a trusted proxy forwards may be any text.
  const address = /^[\d.a-f:]{2,45}$/i.test(from.ip) ? ` ${from.ip}` : ''
  throw new AstraError('address_forbidden', {
    detail: `This key may not be used from this address${address}`,
    reason: `${keyId} was used from ${address || 'what is no address'}`,
  })
}

function allowedBy(addresses: readonly string[]): Networks {
  let allowed = networks.get(addresses)
  if (!allowed) {
    allowed = networksOf(addresses)
    networks.set(addresses, allowed)
  }
  return allowed
}
