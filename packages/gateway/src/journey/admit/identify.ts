import { type Caller, callerOf, type Key } from '../../kernel/caller.ts'
import { AstraError } from '../../kernel/errors.ts'
import { type From, requireAddress, requireUsable } from './usable-key.ts'

/** Finds a key by what was sent; a revoked key is found too, so that its owner can be told. */
export type FindKey = (secret: string) => Key | undefined

export interface IdentifyPorts {
  readonly findKey: FindKey
  /** Whether the consumer that owns a key is still declared. */
  readonly hasConsumer: (name: string) => boolean
  /** ms since the Unix epoch. */
  readonly now: () => number
  /** A key, or a token minted from it, was found good: by the key's id. */
  readonly used: (keyId: string) => void
  /** At once where it was verified lately. Throws or rejects with `invalid_token` and the like. */
  readonly verifyToken: (token: string) => Caller | Promise<Caller>
}

const callers = new WeakMap<Key, Caller>()

/** The headers that a key may stand in. */
export interface KeyHeaders {
  readonly authorization?: string | undefined
  /** As Anthropic's clients send it; looked at where there is no other. */
  readonly 'x-api-key'?: string | readonly string[] | undefined
}

/**
 * Who is it? From the headers alone, before a byte of the body is read; a key in a URL would stand in logs everywhere. A promise only for
 * a JSON Web Token that has to be verified.
 */
export function identify(
  headers: KeyHeaders,
  { findKey, hasConsumer, verifyToken, now, used }: IdentifyPorts,
  from: From,
): Caller | Promise<Caller> {
  const secret = secretIn(headers)
  if (secret === undefined) throw new AstraError('unauthenticated', { detail: 'No key was sent' })
  if (secret === '') throw new AstraError('unauthenticated', { detail: noBearer })
  const key = findKey(secret)
  if (!key) {
    // A key that somebody chose may look like a token: keys come first.
    if (looksLikeToken.test(secret)) {
      const caller = verifyToken(secret)
      const admit = (found: Caller) => admitToken(found, from, used)
      return caller instanceof Promise ? caller.then(admit) : admit(caller)
    }
    throw new AstraError('unauthenticated', { detail: 'The key that was sent is not known here' })
  }
  requireUsable(key, from, now)
  if (!hasConsumer(key.consumer)) {
    throw new AstraError('key_revoked', { detail: `The consumer "${key.consumer}" of this key is no longer declared` })
  }
  used(key.id)
  return callerFor(key)
}

/** What was minted from a key can be used from where the key can: who takes it along does not get more than who takes the key. */
function admitToken(caller: Caller, from: From, used: IdentifyPorts['used']): Caller {
  if (caller.token !== 'minted') return caller
  requireAddress(caller.keyId, caller.addresses, from)
  used(caller.keyId)
  return caller
}

/** The same for whatever else it holds: of a key that stands there alone nobody is told whether it is a good one. */
const noBearer = 'The header Authorization must hold "Bearer " and then the key'

/** Three parts in base64url (RFC 7519); of an unsigned one the last is empty, and its refusal shall say what it is. */
const looksLikeToken = /^[\w-]+\.[\w-]+\.[\w-]*$/

/** "" for an Authorization that holds none. */
function secretIn({ authorization, 'x-api-key': apiKey }: KeyHeaders): string | undefined {
  if (authorization === undefined) return typeof apiKey === 'string' ? apiKey.trim() || undefined : undefined
  return authorization.length > 7 && /^bearer /i.test(authorization) ? authorization.slice(7).trim() : ''
}

function callerFor(key: Key): Caller {
  const known = callers.get(key)
  if (known) return known
  const caller = callerOf(key)
  callers.set(key, caller)
  return caller
}
