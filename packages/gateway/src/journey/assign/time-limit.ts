import type { Call } from '../../kernel/call.ts'
import type { Contract } from '../../kernel/catalog.ts'
import type { FittedCall } from './fit-inputs.ts'

/** Of the whole call, ms, all that it waits for included. A caller may shorten the contract's, not stretch it. */
export function timeLimitMs({ options }: Pick<Call, 'options'>, { limits }: Pick<Contract, 'limits'>): number {
  return Math.min(options.timeoutMs ?? limits.timeoutMs, limits.timeoutMs)
}

/** What of it there still is. */
export function timeLeftMs({ call, contract, waitedMs }: Pick<FittedCall, 'call' | 'contract' | 'waitedMs'>): number {
  return timeLimitMs(call, contract) - waitedMs
}

/** The call after a wait: what its caller asked for stays as it is, and the wait is taken off once. */
export function afterWait(fitted: FittedCall, ms: number): FittedCall {
  return { ...fitted, waitedMs: fitted.waitedMs + ms }
}

/** Whether the limit is the caller's own, which says nothing of how fast the contract promises to be. */
export function isHurried({ options }: Pick<Call, 'options'>, { limits }: Pick<Contract, 'limits'>): boolean {
  return options.timeoutMs !== undefined && options.timeoutMs < limits.timeoutMs
}
