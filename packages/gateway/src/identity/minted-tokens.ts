import { jwtVerify, SignJWT } from 'jose'
import { type Caller, callerOf, type Key, type TokenGrant } from '../kernel/caller.ts'
import type { Clock } from '../kernel/clock.ts'
import { AstraError } from '../kernel/errors.ts'
import { Secret } from '../kernel/secret.ts'
import type { SigningKey } from './signing-key.ts'
import { invalidToken, tokenFault } from './token-fault.ts'

/** No address of the web, so that no issuer of the manifest can have it. */
export const mintedIssuer = 'urn:astraapi:gateway'
const audience = 'urn:astraapi:calls'
const type = 'astra+jwt'
/** Gateways that share a store may differ by so much. */
const skewSeconds = 5

export interface MintedTokens {
  mint(keyId: string, grant: TokenGrant): Promise<Secret>
  /** Rejects with `invalid_token`. Whether its key still allows it, `callerBy` says. */
  read(token: string): Promise<MintedToken>
}

export interface MintedToken extends TokenGrant {
  readonly keyId: string
}

/** Tokens that stand for a key for a short time: signed, so that no store has to know them. */
export function createMintedTokens(signing: SigningKey, clock: Pick<Clock, 'now' | 'id'>): MintedTokens {
  return {
    async mint(keyId, { expiresAt, models, unit, session }) {
      const token = await new SignJWT({ models, unit, session })
        .setProtectedHeader({ alg: 'EdDSA', typ: type, kid: signing.id })
        .setIssuer(mintedIssuer)
        .setAudience(audience)
        .setSubject(keyId)
        .setJti(clock.id())
        .setIssuedAt(Math.floor(clock.now() / 1000))
        .setExpirationTime(Math.floor(expiresAt / 1000))
        .sign(signing.privateKey)
      return new Secret(token)
    },
    async read(token) {
      const { payload } = await jwtVerify<Partial<TokenGrant>>(token, signing.publicKey, {
        algorithms: ['EdDSA'],
        issuer: mintedIssuer,
        audience,
        typ: type,
        clockTolerance: skewSeconds,
        currentDate: new Date(clock.now()),
        requiredClaims: ['sub', 'exp'],
      }).catch((thrown) => Promise.reject(tokenFault(thrown)))
      const { sub = '', exp = 0, models, unit, session } = payload
      return {
        keyId: sub,
        expiresAt: exp * 1000,
        ...(models === undefined ? {} : { models }),
        ...(unit === undefined ? {} : { unit }),
        ...(session === undefined ? {} : { session }),
      }
    },
  }
}

/** Who calls with a token of this key: never more than the key allows just now, and calls only. Throws when the key has ended. */
export function callerBy({ models, unit, session }: MintedToken, key: Key | undefined, now: number): Caller {
  if (!key) throw invalidToken('The key that this token was made from is not known here')
  if (key.revokedAt !== undefined)
    throw new AstraError('key_revoked', { detail: 'The key that this token was made from was revoked' })
  if (key.expiresAt !== undefined && key.expiresAt <= now)
    throw new AstraError('key_expired', { detail: 'The key that this token was made from has expired' })
  const whole = callerOf(key)
  const allowed = models?.filter((model) => whole.models?.has(model) ?? true)
  const bound = { ...(unit === undefined ? {} : { unit }), ...(session === undefined ? {} : { session }) }
  return {
    ...whole,
    permissions: new Set(whole.permissions.has('infer') ? (['infer'] as const) : []),
    models: allowed ? new Set(allowed) : whole.models,
    token: 'minted',
    ...(key.addresses === undefined ? {} : { addresses: key.addresses }),
    ...(unit === undefined && session === undefined ? {} : { bound }),
  }
}
