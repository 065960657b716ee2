import { AstraError } from '../../kernel/errors.ts'
import type { IfMatch } from './ports.ts'

/** Throws `precondition_failed` where `what`, "The catalog", is not at the revision that the write was meant for. */
export function requireRevision(ifMatch: IfMatch, revision: number, what: string): void {
  if (ifMatch.includes('*') || ifMatch.includes(String(revision))) return
  throw new AstraError('precondition_failed', {
    detail: `${what} stands at revision ${revision}, not at ${[ifMatch].flat().join(', ').slice(0, 32)}`,
  })
}
