import { AstraError } from '../kernel/errors.ts'

/** Its members without those that are undefined, as JSON has no such thing. */
export function given<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const kept = Object.entries(members).filter(([, value]) => value !== undefined)
  return Object.fromEntries(kept) as { [K in keyof T]?: Exclude<T[K], undefined> }
}

/** For what upstream sent and its protocol does not know. */
export function outOfForm(reason: string): AstraError {
  return new AstraError('upstream_failed', { reason: `upstream's answer is out of form: ${reason}` })
}
