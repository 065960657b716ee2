import type { Call } from '../../kernel/call.ts'
import type { AssignReason } from '../../kernel/record.ts'

/** What keeps meeting the same version: the unit, else the session, else the call alone. */
export function stickyKey({ id, options }: Pick<Call, 'id' | 'options'>): readonly [string, AssignReason] {
  if (options.unit !== undefined) return [options.unit, 'weights-unit']
  if (options.session !== undefined) return [options.session, 'weights-session']
  return [id, 'weights-call']
}
