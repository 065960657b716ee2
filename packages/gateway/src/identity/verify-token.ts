import { hash } from 'node:crypto'
import { errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose'
import type { Caller, Key } from '../kernel/caller.ts'
import type { CatalogState } from '../kernel/catalog-state.ts'
import type { Clock } from '../kernel/clock.ts'
import { AstraError } from '../kernel/errors.ts'
import type { IssuerState } from '../kernel/issuer-state.ts'
import type { IssuerKeys } from './issuer-keys.ts'
import { mapClaims } from './map-claims.ts'
import { callerBy, type MintedTokens, mintedIssuer } from './minted-tokens.ts'
import { invalidToken, tokenFault } from './token-fault.ts'
import { readShape, type TokenShape, tokenLengthMax } from './token-shape.ts'

/** So long a token is believed without another look at its signature. */
const believedMs = 60_000
const knownMax = 10_000
/** A token that names no key may have been signed by any of the issuer's: so many are tried. */
const candidatesMax = 8
/** Header fields by which a token would bring its own key along, or ask for what we do not do (RFC 7515, section 4.1). */
const refusedHeaders = ['jwk', 'jku', 'x5u', 'crit', 'b64'] as const

export interface TokenPorts {
  readonly clock: Pick<Clock, 'now'>
  readonly state: () => CatalogState
  readonly issuerKeys: IssuerKeys
  readonly minted: Pick<MintedTokens, 'read'>
  readonly findKeyById: (id: string) => Key | undefined
  readonly hasConsumer: (name: string) => boolean
}

/** Who sends this token? At once where it was verified lately. Throws or rejects with `invalid_token` and the like. */
export type VerifyToken = (token: string) => Caller | Promise<Caller>

/** A token that was found good; what it was judged by must still stand. */
interface Known {
  readonly caller: Caller
  readonly until: number
  readonly state: CatalogState
  /** Of a minted one; keys are replaced as they change. */
  readonly key: Key | undefined
}

/** Verifies JSON Web Tokens: those of the catalog's issuers, and those that were minted here. */
export function createVerifyToken(ports: TokenPorts): VerifyToken {
  const { clock, state, findKeyById } = ports
  // By the hash of the whole token: of a cache of secrets nobody can read any, and no two tokens meet in one entry.
  const known = new Map<string, Known>()
  const running = new Map<string, Promise<Caller>>()

  function stillGood({ until, state: then, key }: Known): boolean {
    if (then !== state() || clock.now() >= until) return false
    return key === undefined || findKeyById(key.id) === key
  }

  async function verify(token: string, id: string): Promise<Caller> {
    const found = await judge(token, ports)
    for (const oldest of known.keys()) {
      if (known.size < knownMax) break
      known.delete(oldest)
    }
    known.set(id, found)
    return found.caller
  }

  return (token) => {
    if (token.length > tokenLengthMax) throw invalidToken(`The token is longer than ${tokenLengthMax} characters`)
    const id = hash('sha256', token, 'base64url')
    const found = known.get(id)
    if (found) {
      if (stillGood(found)) return found.caller
      known.delete(id)
    }
    const before = running.get(id)
    if (before) return before
    const caller = verify(token, id).finally(() => running.delete(id))
    running.set(id, caller)
    return caller
  }
}

async function judge(token: string, ports: TokenPorts): Promise<Known> {
  const shape = readShape(token)
  if (!shape) throw invalidToken('The token cannot be read')
  const unfit = refusedHeaders.find((name) => Object.hasOwn(shape.header, name))
  if (unfit) throw invalidToken(`The token has a header that is not taken here: ${unfit}`)
  return shape.payload.iss === mintedIssuer ? await judgeMinted(token, ports) : await judgeIssued(token, shape, ports)
}

async function judgeMinted(token: string, ports: TokenPorts): Promise<Known> {
  const { clock, state, minted, findKeyById, hasConsumer } = ports
  const read = await minted.read(token)
  const now = clock.now()
  const key = findKeyById(read.keyId)
  const caller = callerBy(read, key, now)
  if (!hasConsumer(caller.consumer))
    throw new AstraError('key_revoked', { detail: `The consumer "${caller.consumer}" is no longer declared` })
  const until = Math.min(now + believedMs, read.expiresAt, key?.expiresAt ?? Infinity)
  return { caller, until, state: state(), key }
}

async function judgeIssued(token: string, { payload }: TokenShape, ports: TokenPorts): Promise<Known> {
  const { clock, issuerKeys } = ports
  const state = ports.state()
  const [name, issuer] = issuerFor(payload, state)
  const claims = await verifySignature(token, issuerKeys(issuer), {
    algorithms: [...issuer.algorithms],
    issuer: issuer.issuer,
    audience: [...issuer.audience],
    clockTolerance: issuer.clockSkewMs / 1000,
    currentDate: new Date(clock.now()),
    requiredClaims: ['exp'],
  })
  const caller = mapClaims(name, issuer, claims, state)
  const until = Math.min(clock.now() + believedMs, (claims.exp ?? 0) * 1000 + issuer.clockSkewMs)
  return { caller, until, state, key: undefined }
}

/** By the address that the token claims; the signature says whether it may. */
function issuerFor({ iss }: TokenShape['payload'], { issuers = {} }: CatalogState): [string, IssuerState] {
  const found = Object.entries(issuers).find(([, { issuer }]) => issuer === iss)
  if (found) return found
  throw invalidToken('The issuer of the token is not known here')
}

async function verifySignature(
  token: string,
  keys: ReturnType<IssuerKeys>,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, keys, options)).payload
  } catch (thrown) {
    if (thrown instanceof errors.JWKSMultipleMatchingKeys) return await verifyWithAny(token, thrown, options)
    throw tokenFault(thrown)
  }
}

async function verifyWithAny(
  token: string,
  candidates: errors.JWKSMultipleMatchingKeys,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  let tried = 0
  for await (const key of candidates) {
    if (++tried > candidatesMax) break
    try {
      return (await jwtVerify(token, key, options)).payload
    } catch (thrown) {
      if (!(thrown instanceof errors.JWSSignatureVerificationFailed)) throw tokenFault(thrown)
    }
  }
  throw tokenFault(new errors.JWSSignatureVerificationFailed())
}
