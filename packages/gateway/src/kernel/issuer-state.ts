import type { Permission } from './caller.ts'

/** An OpenID Connect provider, or whoever else signs JSON Web Tokens. */
export interface IssuerState {
  /** As in the tokens' `iss`; where its configuration is found, unless `jwksUrl` says where the keys are. */
  readonly issuer: string
  readonly jwksUrl?: string
  /** One of these must stand in `aud`. */
  readonly audience: readonly string[]
  /** Signature algorithms of RFC 7518 with public keys. */
  readonly algorithms: readonly string[]
  readonly clockSkewMs: number
  /** Claims by dotted path. */
  readonly consumer: ClaimMap
  readonly team?: ClaimMap
  readonly permissions: readonly PermissionRule[]
}

/** What a claim's value stands for: itself where there is no table. A value that stands in no table is refused. */
export interface ClaimMap {
  readonly claim: string
  readonly values?: Readonly<Record<string, string>>
}

/** Who has this value in this claim (a text, or a list that holds it) may do this; without a claim, everybody. */
export interface PermissionRule {
  readonly claim?: string
  readonly value?: string
  readonly permissions: readonly Permission[]
  readonly models?: readonly string[]
}
