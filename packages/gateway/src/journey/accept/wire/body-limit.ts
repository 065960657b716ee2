import type { Catalog, Contract } from '../../../kernel/catalog.ts'
import { AstraError } from '../../../kernel/errors.ts'

const largest = new WeakMap<Catalog, number>()

/** The largest body that any contract takes, in bytes; 0 where there is none. Read once from the plain state of each catalog. */
export function largestBody(catalog: Catalog): number {
  const known = largest.get(catalog)
  if (known !== undefined) return known
  let bytes = 0
  for (const { contracts } of Object.values(catalog.state.models)) {
    for (const { limits } of Object.values(contracts)) bytes = Math.max(bytes, limits.bodyBytesMax)
  }
  largest.set(catalog, bytes)
  return bytes
}

/** Throws `body_too_large`. */
export function holdToLimit({ length }: Buffer, { limits }: Contract): void {
  if (length <= limits.bodyBytesMax) return
  throw new AstraError('body_too_large', { detail: `The body exceeds ${limits.bodyBytesMax} bytes` })
}
