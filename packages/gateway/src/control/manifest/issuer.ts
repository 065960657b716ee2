import { permissions } from '../../kernel/caller.ts'
import type { ClaimMap, IssuerState, PermissionRule } from '../../kernel/issuer-state.ts'
import type { Schema } from '../../kernel/schema/schema.ts'
import { withoutUndefined } from '../operations/without-undefined.ts'
import { closed, duration, list, map, text } from './forms.ts'
import { durationText, parseDuration } from './quantities.ts'

/** Who else may say who calls, as people write it. */
export interface ManifestIssuer {
  readonly issuer: string
  readonly jwks?: string
  readonly audience: string | readonly string[]
  readonly algorithms?: readonly string[]
  readonly clockSkew?: string
  readonly claims: { readonly consumer: ManifestClaim; readonly team?: ManifestClaim }
  readonly permissions?: readonly PermissionRule[]
}

/** A claim's name alone: its value is the name. */
export type ManifestClaim = string | ClaimMap

/** RFC 7518, section 3.1, and RFC 8037 and 9864: those whose signatures are checked by a public key. */
export const algorithms: readonly string[] =
  'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' ')
const usualAlgorithms = ['RS256', 'ES256', 'EdDSA', 'PS256']
const usualPermissions: readonly PermissionRule[] = [{ permissions: ['infer'] }]
const usualSkewMs = 30_000

const claim: Schema = { oneOf: [text, closed({ claim: text }, { values: map(text, 1) })] }

export const issuerForm: Schema = closed(
  { issuer: text, audience: { oneOf: [text, list(text, 20)] }, claims: closed({ consumer: claim }, { team: claim }) },
  {
    jwks: text,
    algorithms: list(text, algorithms.length),
    clockSkew: duration,
    permissions: list(
      closed(
        { permissions: list({ type: 'string', enum: permissions }, permissions.length) },
        { claim: text, value: text, models: list(text, 1000) },
      ),
      100,
    ),
  },
)

export function issuerOf(declared: ManifestIssuer): IssuerState {
  const { issuer, jwks, audience, claims, clockSkew, permissions } = declared
  return withoutUndefined({
    issuer,
    jwksUrl: jwks,
    audience: typeof audience === 'string' ? [audience] : audience,
    algorithms: declared.algorithms ?? usualAlgorithms,
    clockSkewMs: (clockSkew === undefined ? undefined : parseDuration(clockSkew)) ?? usualSkewMs,
    consumer: claimOf(claims.consumer),
    team: claims.team === undefined ? undefined : claimOf(claims.team),
    permissions: permissions ?? usualPermissions,
  })
}

export function claimOf(declared: ManifestClaim): ClaimMap {
  return typeof declared === 'string' ? { claim: declared } : declared
}

export function issuerOut(state: IssuerState): ManifestIssuer {
  const { issuer, jwksUrl, audience, clockSkewMs, consumer, team } = state
  const [only, ...others] = audience
  const changed = <T>(list: readonly T[], usual: readonly T[]) =>
    JSON.stringify(list) === JSON.stringify(usual) ? undefined : list
  return withoutUndefined({
    issuer,
    jwks: jwksUrl,
    audience: only !== undefined && others.length === 0 ? only : audience,
    algorithms: changed(state.algorithms, usualAlgorithms),
    clockSkew: clockSkewMs === usualSkewMs ? undefined : durationText(clockSkewMs),
    claims: withoutUndefined({ consumer: claimOut(consumer), team: team && claimOut(team) }),
    permissions: changed(state.permissions, usualPermissions),
  })
}

function claimOut(map: ClaimMap): ManifestClaim {
  return map.values ? map : map.claim
}
