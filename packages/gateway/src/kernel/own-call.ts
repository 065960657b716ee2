import type { Item } from './answer.ts'
import type { Catalog } from './catalog.ts'
import type { CallRecord } from './record.ts'

/** What the gateway asks for on its own account: the role of the one attempt of such a call, which its consumer "astra-<role>" makes. */
export type OwnRole = 'shadow' | 'judge' | 'eval' | 'replay'

export function isOwnRole(role: string): role is OwnRole {
  return role === 'shadow' || role === 'judge' || role === 'eval' || role === 'replay'
}

/**
 * A call of an internal consumer, whole and not batched. It has a Record like any other, meets that consumer's limits and budget, is in
 * nobody's cache, takes no place of those that are served, is made once, and is no replica's fault.
 */
export interface OwnCall {
  readonly role: OwnRole
  readonly model: string
  readonly major: number
  /** Version id; left out: as traffic goes. */
  readonly version?: string
  /** Canonical, as the contract's schema has it. */
  readonly input: unknown
  readonly timeoutMs: number
  /** What it is about: the id of a call, or of an evaluation. */
  readonly reference: string
  readonly signal: AbortSignal
  /** Left out: the active one. A version that is not deployed yet is asked by the catalog that would deploy it. */
  readonly catalog?: Catalog
}

export interface OwnAnswer {
  readonly item: Item
  /** Undefined where it never began: its asker had left, or the gateway is stopping or behind with accounting. */
  readonly record: CallRecord | undefined
}

/** Never rejects: what went wrong stands in the item. */
export type AskOwn = (call: OwnCall) => Promise<OwnAnswer>
