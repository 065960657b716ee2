import { type Caller, callerOf, type Key } from '../../kernel/caller.ts'
import { AstraError } from '../../kernel/errors.ts'

/** Finds a key by what was sent; a revoked key is found too, so that its owner can be told. */
export type FindKey = (secret: string) => Key | undefined

export interface IdentifyPorts {
  readonly findKey: FindKey
  /** Whether the consumer that owns a key is still declared. */
  readonly hasConsumer: (name: string) => boolean
}

const callers = new WeakMap<Key, Caller>()

/** Who is it? From the Authorization header alone, before a byte of the body is read. */
export function identify(authorization: string | undefined, { findKey, hasConsumer }: IdentifyPorts): Caller {
  if (authorization === undefined) throw new AstraError('unauthenticated', { detail: 'No key was sent' })
  const secret = authorization.length > 7 && /^bearer /i.test(authorization) ? authorization.slice(7).trim() : ''
  const key = secret === '' ? undefined : findKey(secret)
  if (!key) throw new AstraError('unauthenticated', { detail: 'The key that was sent is not known here' })
  if (key.revokedAt !== undefined) throw new AstraError('key_revoked', { reason: `${key.id} was revoked` })
  if (!hasConsumer(key.consumer)) {
    throw new AstraError('key_revoked', { detail: `The consumer "${key.consumer}" of this key is no longer declared` })
  }
  return callerFor(key)
}

function callerFor(key: Key): Caller {
  const known = callers.get(key)
  if (known) return known
  const caller = callerOf(key)
  callers.set(key, caller)
  return caller
}
