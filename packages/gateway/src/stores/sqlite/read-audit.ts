import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { AuditEntry, AuditFilter, AuditOutcome, AuditPage } from '../../kernel/audit.ts'

const conditions = {
  operation: 'operation = ?',
  target: 'target = ?',
  keyId: 'key_id = ?',
  consumer: 'consumer = ?',
  outcome: 'outcome = ?',
  from: 'time >= ?',
  to: 'time < ?',
  beforeId: 'id < ?',
} as const satisfies Record<keyof Omit<AuditFilter, 'limit'>, string>

/** Management is rare: the log is read from its end, whatever is asked for. */
export function auditReader(db: DatabaseSync): (filter: AuditFilter) => AuditPage {
  return (filter) => {
    const limit = Math.min(Math.max(Math.trunc(filter.limit), 1), 1000)
    const asked = Object.entries(conditions).flatMap(([name, term]) => {
      const value = filter[name as keyof typeof conditions]
      return value === undefined ? [] : [{ term, value }]
    })
    const where = asked.length > 0 ? `WHERE ${asked.map(({ term }) => term).join(' AND ')}` : ''
    const rows = db
      .prepare(`SELECT * FROM audit ${where} ORDER BY id DESC LIMIT ?`)
      .all(...asked.map(({ value }): SQLInputValue => value), limit + 1)
    const entries = rows.slice(0, limit).map(entryOf)
    return { entries, next: rows.length > limit ? entries.at(-1)?.id : undefined }
  }
}

function entryOf(row: Readonly<Record<string, unknown>>): AuditEntry {
  const text = (name: string) => (row[name] === null ? undefined : String(row[name]))
  return {
    id: Number(row.id),
    time: Number(row.time),
    keyId: String(row.key_id),
    consumer: String(row.consumer),
    address: text('address'),
    operation: String(row.operation),
    target: String(row.target),
    outcome: String(row.outcome) as AuditOutcome,
    code: text('code'),
    before: text('before'),
    after: text('after'),
  }
}
