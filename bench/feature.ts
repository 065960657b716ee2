import type { CallJson, LimitsJson } from './servers/gateway.ts'
import type { Policies } from './servers/manifests.ts'

/** One row of the suite `policies`: what is declared, how it is called, and what shows that it took part. */
export interface Feature {
  readonly policies: Policies
  readonly keyLimits?: object
  readonly headers?: Readonly<Record<string, string>>
  /** So many tokens of an issuer, in turn, in place of the key. */
  readonly tokens?: number
  readonly redis?: true
  /** All calls ask for the same. */
  readonly alike?: true
  /** Of every call but the first, where none is answered. */
  readonly refused?: { readonly status: number; readonly code: string }
  /** In head or body of an answer, where the text of the answer is not enough. */
  readonly answer?: RegExp
  /** Whether the newest Records look as they must. */
  readonly records: (newest: readonly CallJson[]) => boolean
  /** How many bounds each call meets, of all its owners; left out: none. Of each budget among them something must be spent. */
  readonly bounds?: number
  /** What an answer may have at most; left out: what the model gives. */
  readonly outputTokens?: number
  /** A metric with all its labels that must not be 0. */
  readonly counted?: string
  /** A call that is made again is not served again. */
  readonly replayed?: true
}

/** Whether the bounds that a call meets are those of its row, and budgets were charged. */
export function hasBounds({ bounds = 0, outputTokens, refused }: Feature, { limits, contract }: LimitsJson): boolean {
  const budgets = limits.filter(({ kind }) => kind.startsWith('budget'))
  const charged = refused !== undefined || budgets.every(({ limit, remaining }) => remaining < limit)
  return limits.length === bounds && charged && contract.outputTokensMax === outputTokens
}
