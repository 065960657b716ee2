import { createLocalJWKSet, type JSONWebKeySet, type LocalJWKSet } from 'jose'
import type { IssuerState } from '../kernel/issuer-state.ts'
import type { FetchJson } from './fetch-json.ts'
import { isObject } from './token-shape.ts'

/** A kid-less token may have to be tried with each. */
const keysMax = 100
const publicTypes: ReadonlySet<unknown> = new Set(['RSA', 'EC', 'OKP', 'AKP'])

/** The keys that an issuer publishes just now. Rejects with an Error for operators. */
export async function publishedKeys(issuer: IssuerState, fetchJson: FetchJson): Promise<LocalJWKSet> {
  const url = issuer.jwksUrl ?? (await discover(issuer.issuer, fetchJson))
  const set = await fetchJson(url).catch((thrown) => Promise.reject(at(url, thrown)))
  if (!isObject(set) || !Array.isArray(set.keys) || !set.keys.every(isObject))
    throw at(url, new Error('its answer is no key set'))
  if (set.keys.length > keysMax) throw at(url, new Error(`it lists more than ${keysMax} keys`))
  // A symmetric key in a public list would let everybody sign.
  const keys = set.keys.filter(({ kty }) => publicTypes.has(kty))
  if (keys.length === 0) throw at(url, new Error('it lists no public key'))
  return createLocalJWKSet({ keys } as JSONWebKeySet)
}

/** OpenID Connect Discovery 1.0, section 4. */
async function discover(issuer: string, fetchJson: FetchJson): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const found = await fetchJson(url).catch((thrown) => Promise.reject(at(url, thrown)))
  if (!isObject(found)) throw at(url, new Error('its answer is no configuration'))
  if (found.issuer !== issuer) throw at(url, new Error('it is the configuration of another issuer'))
  if (typeof found.jwks_uri !== 'string' || !mayHoldKeys(found.jwks_uri))
    throw at(url, new Error('its jwks_uri is no https address'))
  return found.jwks_uri
}

/** Without TLS whoever is on the way could put keys of their own in. */
function mayHoldKeys(text: string): boolean {
  const url = URL.parse(text)
  if (url?.protocol === 'https:') return true
  return url?.protocol === 'http:' && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname)
}

function at(url: string, thrown: unknown): Error {
  return new Error(`${url}: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
}
