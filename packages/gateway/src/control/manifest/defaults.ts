import type { ContractLimits, Deprecation } from '../../kernel/catalog.ts'

/** What a contract without limits of its own has. */
export const contractLimits: ContractLimits = {
  bodyBytesMax: 10 * 2 ** 20,
  itemsMax: 256,
  timeoutMs: 30_000,
  inFlightMax: 1024,
}

/** What a version without a backend of its own has. */
export const defaultBackend = 'oip'

/** The highest major that is not on its way out. */
export function defaultMajor(contracts: readonly (readonly [number, { readonly deprecated?: Deprecation }])[]): number {
  const standing = contracts.filter(([, { deprecated }]) => !deprecated)
  return Math.max(...(standing.length > 0 ? standing : contracts).map(([major]) => major))
}
