import { AstraError } from '../../kernel/errors.ts'

/** Throws `cancelled` where nobody waits any more for what is about to be done. */
export function requireWanted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AstraError('cancelled')
}
