import type { JsonObject } from '../../../dialects/dialect.ts'
import { AstraError } from '../../../kernel/errors.ts'

/**
 * Fields of a request that change what its tokens cost, and the values that leave them at the price in the catalog. Any other is
 * refused, as the call would be recorded at a price that it did not have.
 */
const surcharges: readonly (readonly [field: string, free: readonly unknown[]])[] = [
  ['service_tier', ['auto', 'default', 'standard_only']],
  // Anthropic's: faster answers, and those of one region's servers.
  ['speed', ['standard']],
  ['inference_geo', ['global']],
]

/** Throws `unsupported`, naming the field. */
export function checkSurcharges(body: JsonObject): void {
  for (const [field, free] of surcharges) {
    const value = body[field]
    if (value === undefined || value === null || free.includes(value)) continue
    throw new AstraError('unsupported', {
      detail: `This "${field}" is not offered here: its price is not in the catalog`,
      next: `Leave "${field}" out.`,
      violations: [{ path: `/${field}`, message: 'would change the price' }],
    })
  }
}
