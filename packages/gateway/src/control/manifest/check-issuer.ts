import { isIP } from 'node:net'
import type { Violation } from '../../kernel/errors.ts'
import { isInternal } from '../../kernel/internal-consumers.ts'
import type { PermissionRule } from '../../kernel/issuer-state.ts'
import { didYouMean } from '../../kernel/schema/nearest.ts'
import { algorithms, claimOf, type ManifestClaim, type ManifestIssuer } from './issuer.ts'
import type { FaultAt, Manifest, Place } from './manifest.ts'
import { isDuration } from './quantities.ts'
import { isLinkLocal } from './replica-address.ts'

const skewMsMax = 300_000

/** What the form cannot say of an issuer. */
export function issuerFaults(issuer: ManifestIssuer, manifest: Manifest, place: Place, faultAt: FaultAt): Violation[] {
  const { jwks, algorithms: chosen = [], clockSkew, claims, permissions = [] } = issuer
  const faults = [
    ...urlFaults(issuer.issuer, [...place, 'issuer'], faultAt),
    ...(jwks === undefined ? [] : urlFaults(jwks, [...place, 'jwks'], faultAt)),
    ...chosen.flatMap((name, i) => algorithmFaults(name, [...place, 'algorithms', String(i)], faultAt)),
    ...valueFaults(claims.consumer, 'consumer', manifest.consumers, [...place, 'claims', 'consumer'], faultAt),
    ...valueFaults(claims.team, 'team', manifest.teams, [...place, 'claims', 'team'], faultAt),
    ...permissions.flatMap((rule, i) => ruleFaults(rule, manifest, [...place, 'permissions', String(i)], faultAt)),
  ]
  if (clockSkew !== undefined && !isDuration(clockSkew, skewMsMax)) {
    faults.push(faultAt([...place, 'clockSkew'], 'must be a duration such as 30s or 1m, at most 5m'))
  }
  return faults
}

/** One issuer's tokens are checked in one way: what they are checked by is told by their `iss`. */
export function issuersTwice(manifest: Manifest, faultAt: FaultAt, sound: (place: Place) => boolean): Violation[] {
  const seen = new Map<string, string>()
  return Object.entries(manifest.issuers).flatMap(([name, declared]) => {
    if (!sound(['issuers', name])) return []
    const { issuer } = declared
    const other = seen.get(issuer)
    seen.set(issuer, other ?? name)
    if (other === undefined) return []
    return [faultAt(['issuers', name, 'issuer'], `is the issuer of "${other}" already`, 'Put both into one.')]
  })
}

/** The keys that decide who gets in must come from whom they seem to. */
function urlFaults(text: string, place: Place, faultAt: FaultAt): Violation[] {
  const url = URL.parse(text)
  if (!url) return [faultAt(place, 'must be a URL such as https://login.example.com')]
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const secure = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(host))
  if (!secure) return [faultAt(place, 'must begin with https:// (http:// only for this machine itself)')]
  if (url.username || url.password) return [faultAt(place, 'must hold no credentials')]
  // OpenID Connect Discovery, section 3; where the keys are, some providers put a query.
  const left = place.at(-1) === 'issuer' ? /[?#]/ : /#/
  if (left.test(text)) return [faultAt(place, 'must end with its path: no "?" and no "#"')]
  return isLinkLocal(host) ? [faultAt(place, 'is a link-local address, where clouds keep their metadata')] : []
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

function algorithmFaults(name: string, place: Place, faultAt: FaultAt): Violation[] {
  if (algorithms.includes(name)) return []
  const refused = [/^none$/i, /^HS\d/i].findIndex((pattern) => pattern.test(name))
  const why = [
    'is no signature: anybody could write such a token',
    'signs with a secret that whoever checks could use too',
  ]
  const message = why[refused] ?? `must be one of ${algorithms.join(', ')}`
  const { suggestion } = refused < 0 ? didYouMean(name, algorithms) : { suggestion: 'Take RS256, ES256 or EdDSA.' }
  return [faultAt(place, message, suggestion)]
}

function valueFaults(
  claim: ManifestClaim | undefined,
  kind: string,
  declared: Readonly<Record<string, unknown>>,
  place: Place,
  faultAt: FaultAt,
): Violation[] {
  const { values = {} } = claim === undefined ? {} : claimOf(claim)
  return Object.entries(values).flatMap(([value, name]) => {
    if (kind === 'consumer' && isInternal(name)) {
      return [faultAt([...place, 'values', value], `is one of the gateway's own consumers: "${name}"`)]
    }
    if (Object.hasOwn(declared, name)) return []
    const { suggestion } = didYouMean(name, Object.keys(declared))
    return [faultAt([...place, 'values', value], `is no ${kind} of this manifest: "${name}"`, suggestion)]
  })
}

function ruleFaults(
  { claim, value, models = [] }: PermissionRule,
  manifest: Manifest,
  place: Place,
  faultAt: FaultAt,
): Violation[] {
  const faults = models.flatMap((model, i) => {
    if (Object.hasOwn(manifest.models, model)) return []
    const { suggestion } = didYouMean(model, Object.keys(manifest.models))
    return [faultAt([...place, 'models', String(i)], 'is no model of this manifest', suggestion)]
  })
  if ((claim === undefined) === (value === undefined)) return faults
  return [...faults, faultAt(place, 'needs both "claim" and "value", or neither: then it holds for every token')]
}
