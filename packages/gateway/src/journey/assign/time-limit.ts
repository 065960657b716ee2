import type { Call } from '../../kernel/call.ts'
import type { Contract } from '../../kernel/catalog.ts'

/** Of the whole call, ms, the wait for a place included. A caller may shorten the contract's, not stretch it. */
export function timeLimitMs({ options }: Pick<Call, 'options'>, { limits }: Pick<Contract, 'limits'>): number {
  return Math.min(options.timeoutMs ?? limits.timeoutMs, limits.timeoutMs)
}

/** Whether the limit is the caller's own, which says nothing of how fast the contract promises to be. */
export function isHurried({ options }: Pick<Call, 'options'>, { limits }: Pick<Contract, 'limits'>): boolean {
  return options.timeoutMs !== undefined && options.timeoutMs < limits.timeoutMs
}
