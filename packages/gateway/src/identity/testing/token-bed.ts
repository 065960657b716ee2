import { generateKeyPairSync } from 'node:crypto'
import { exportJWK, SignJWT } from 'jose'
import type { Key } from '../../kernel/caller.ts'
import type { CatalogState } from '../../kernel/catalog-state.ts'
import type { IssuerState } from '../../kernel/issuer-state.ts'
import { createIssuerKeys } from '../issuer-keys.ts'
import { createMintedTokens } from '../minted-tokens.ts'
import { newSigningKey, readSigningKey } from '../signing-key.ts'
import { createVerifyToken } from '../verify-token.ts'

export const issuerUrl = 'https://login.example.com'
export const jwksUrl = 'https://login.example.com/keys'
const discoveryUrl = `${issuerUrl}/.well-known/openid-configuration`

export type SignerKey = Awaited<ReturnType<typeof signerKey>>

/** A key that an issuer signs with. */
export async function signerKey(kid: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { kid, privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' } }
}

export const issuerState: IssuerState = {
  issuer: issuerUrl,
  audience: ['astraapi', 'also-astraapi'],
  algorithms: ['ES256', 'RS256', 'EdDSA'],
  clockSkewMs: 30_000,
  consumer: { claim: 'azp', values: { 'client-1': 'shop' } },
  permissions: [{ permissions: ['infer'] }],
}

/** A verifier over an issuer in memory: what it publishes, whether it answers, and the time are the test's. */
export async function tokenBed(over: Partial<IssuerState> = {}) {
  const key = await signerKey('k1')
  const time = { now: 1_800_000_000_000, elapsed: 0 }
  const published = new Map<string, unknown>([
    [discoveryUrl, { issuer: issuerUrl, jwks_uri: jwksUrl }],
    [jwksUrl, { keys: [key.jwk] }],
  ])
  const fetched: string[] = []
  const faults: string[] = []
  const keys = new Map<string, Key>()
  const clock = { now: () => time.now, elapsed: () => time.elapsed, id: () => 'id' }
  const minted = createMintedTokens(readSigningKey(newSigningKey()), clock)
  const bed = {
    key,
    time,
    published,
    fetched,
    faults,
    keys,
    minted,
    state: {
      models: {},
      consumers: { shop: { demo: false }, admin: { demo: false } },
      teams: { growth: {} },
      issuers: { company: { ...issuerState, ...over } },
    } as CatalogState,
    pass(ms: number) {
      time.now += ms
      time.elapsed += ms
    },
    /** A good token, but for what the test changes; undefined takes a claim out. */
    sign(
      claims: Readonly<Record<string, unknown>> = {},
      { by = key, header = {} }: { by?: SignerKey; header?: object } = {},
    ) {
      const seconds = Math.floor(time.now / 1000)
      return new SignJWT({
        iss: issuerUrl,
        aud: 'astraapi',
        azp: 'client-1',
        sub: 'ann',
        exp: seconds + 300,
        ...claims,
      })
        .setProtectedHeader({ alg: 'ES256', kid: by.kid, ...header })
        .sign(by.privateKey)
    },
  }
  const issuerKeys = createIssuerKeys({
    clock,
    async fetchJson(url) {
      fetched.push(url)
      const answer = published.get(url)
      if (answer instanceof Error) throw answer
      return answer instanceof Promise ? await answer : structuredClone(answer)
    },
    failed: (_issuer, reason) => faults.push(reason),
  })
  const verify = createVerifyToken({
    clock,
    state: () => bed.state,
    issuerKeys,
    minted,
    findKeyById: (id) => keys.get(id),
    hasConsumer: (name) => Object.hasOwn(bed.state.consumers, name),
  })
  return { ...bed, bed, verify }
}

/** Of an AstraError. */
export function code(expected: string, detail?: RegExp) {
  return (thrown: unknown) => {
    const { code, message } = thrown as { code?: string; message: string }
    return code === expected && (detail === undefined || detail.test(message))
  }
}
