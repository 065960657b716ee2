import type { Call } from '../../../../kernel/call.ts'
import type { Catalog } from '../../../../kernel/catalog.ts'
import type { ContractLimits, Priority } from '../../../../kernel/catalog-state.ts'
import { permit } from '../../../admit/permit.ts'
import { assign } from '../../../assign/assign.ts'
import { type FittedCall, fitInputs } from '../../../assign/fit-inputs.ts'
import { testCall, testCaller, testCatalog } from '../../../testing/fixtures.ts'

export const priorities = ['high', 'normal', 'low'] as const satisfies readonly Priority[]

/** Versions 1.0 and 1.1 of one contract; consumers "high-1", "normal-2", … have the priority of their name. */
export function queueCatalog(limits: Partial<ContractLimits>): Catalog {
  const consumers = priorities.flatMap((priority) =>
    [0, 1, 2, 3].map((n) => [`${priority}-${n}`, { demo: false, priority }] as const),
  )
  return testCatalog(
    { '1.0': 1, '1.1': 1 },
    { contract: { limits: { ...plain, ...limits } }, consumers: Object.fromEntries(consumers) },
  )
}

const plain: ContractLimits = {
  bodyBytesMax: 10_000,
  itemsMax: 4,
  timeoutMs: 1000,
  firstByteMs: 60_000,
  idleMs: 60_000,
  inFlightMax: 2,
}

/** A call of version 1.0, unless told otherwise. */
export function fittedCall(catalog: Catalog, consumer = 'demo', over: Partial<Call> = {}): FittedCall {
  const call = testCall({ ...over, options: { version: '1.0', ...over.options } })
  return fitInputs(assign(permit(call, { ...testCaller(), consumer }, catalog)), () => false)
}
