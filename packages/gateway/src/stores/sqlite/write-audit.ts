import type { DatabaseSync } from 'node:sqlite'
import type { AuditEntry } from '../../kernel/audit.ts'
import { synced } from './open-database.ts'

/** The audit log is synced before it is acknowledged, as the changes are that it tells of. */
export function auditWriter(db: DatabaseSync): (entry: Omit<AuditEntry, 'id'>) => void {
  const insert = db.prepare(`
    INSERT INTO audit (time, key_id, consumer, address, operation, target, outcome, code, before, after)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  return ({ time, keyId, consumer, address, operation, target, outcome, code, before, after }) => {
    const optional = [code ?? null, before ?? null, after ?? null]
    synced(db, () => {
      insert.run(time, keyId, consumer, address ?? null, operation, target, outcome, ...optional)
    })
  }
}
