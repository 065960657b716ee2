import { hash } from 'node:crypto'
import type { Call } from '../../kernel/call.ts'
import type { AssignReason } from '../../kernel/record.ts'

/** What keeps meeting the same version: the unit, else the session, else the call alone. */
export function stickyKey({ id, options }: Pick<Call, 'id' | 'options'>): readonly [string, AssignReason] {
  if (options.unit !== undefined) return [options.unit, 'weights-unit']
  if (options.session !== undefined) return [options.session, 'weights-session']
  return [id, 'weights-call']
}

/**
 * Where a unit falls in [0, 1): uint32be(SHA-256(salt, 0, unit)[0..4]) / 2^32. Dividing by 2^32 rather than 2^32 - 1 keeps 1
 * out, which no share would hold.
 */
export function unitInterval(salt: string, unit: string): number {
  return Number.parseInt(hash('sha256', `${salt}\0${unit}`, 'hex').slice(0, 8), 16) / 2 ** 32
}
