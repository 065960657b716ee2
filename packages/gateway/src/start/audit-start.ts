import { auditText, type Mask } from '../control/audit/audit-text.ts'
import type { AuditLog } from '../kernel/audit.ts'
import type { Clock } from '../kernel/clock.ts'

/** What a start changes, which nobody asked for through management. */
export interface StartChange {
  /** The operation that would have made it. */
  readonly operation: string
  readonly target: string
  readonly before?: unknown
  readonly after: unknown
}

/** Who stands in the audit log for a start. */
const startedBy = 'start'

/** Writes an entry of each; resolves when it is durable. */
export type AuditStart = (change: StartChange) => Promise<void>

export function auditStart(log: Pick<AuditLog, 'append'>, clock: Pick<Clock, 'now'>, mask: Mask): AuditStart {
  return ({ operation, target, before, after }) =>
    log.append({
      time: clock.now(),
      keyId: startedBy,
      consumer: startedBy,
      address: undefined,
      operation,
      target,
      outcome: 'done',
      code: undefined,
      before: auditText(before, mask),
      after: auditText(after, mask),
    })
}
