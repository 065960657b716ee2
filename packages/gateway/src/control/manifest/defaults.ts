import type { ContractLimits } from '../../kernel/catalog.ts'

/** What a contract without limits of its own has. */
export const contractLimits: ContractLimits = {
  bodyBytesMax: 10 * 2 ** 20,
  itemsMax: 256,
  timeoutMs: 30_000,
  inFlightMax: 1024,
}
