import type { ContractLimits, Deprecation } from '../../kernel/catalog-state.ts'
import { type TaskName, taskTable } from '../../kernel/tasks.ts'

const limits: ContractLimits = {
  bodyBytesMax: 10 * 2 ** 20,
  itemsMax: 256,
  timeoutMs: 30_000,
  firstByteMs: 120_000,
  idleMs: 60_000,
  inFlightMax: 1024,
}

/** A model that writes text takes its time. */
const timeoutMs: Partial<Readonly<Record<TaskName, number>>> = { chat: 600_000, completion: 600_000 }

/** What a contract without limits of its own has. */
export function usualLimits(task: TaskName): ContractLimits {
  return { ...limits, timeoutMs: timeoutMs[task] ?? limits.timeoutMs }
}

/** Whether a contract that does not say so streams: where its task has a form for the pieces. */
export function usualStreams(task: TaskName): boolean {
  return taskTable[task].chunk !== undefined
}

/** What a version without a backend of its own has. */
export const defaultBackend = 'oip'

/** The highest major that is not on its way out. */
export function defaultMajor(contracts: readonly (readonly [number, { readonly deprecated?: Deprecation }])[]): number {
  const standing = contracts.filter(([, { deprecated }]) => !deprecated)
  return Math.max(...(standing.length > 0 ? standing : contracts).map(([major]) => major))
}
