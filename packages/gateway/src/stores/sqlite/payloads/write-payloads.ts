import type { DatabaseSync } from 'node:sqlite'
import type { ExpiredPayloads, PayloadsOf, StoredPayload } from '../../../kernel/payload.ts'
import { transact } from '../open-database.ts'
import { payloadsWhere } from './payload-rows.ts'

/** Rows that one step takes away, of up to 128 KB each: Records wait for so long. */
const rowsMax = 200
/** What lies further ahead was written while the clock was: its `until` would come that much too late. */
const aheadMs = 3_600_000
/** Model by model, as the index begins with it. */
const fromAhead = `
  WITH RECURSIVE models (name) AS (
    SELECT min(model) FROM payloads
    UNION ALL SELECT (SELECT min(model) FROM payloads WHERE model > name) FROM models WHERE name IS NOT NULL)
  SELECT payloads.rowid FROM models CROSS JOIN payloads ON model = name AND time > ? LIMIT ?`

/** Writes payloads, and takes them away again. */
export function payloadWriter(db: DatabaseSync) {
  // What is deleted is overwritten with zeros: a payload that was forgotten must not be found in a free page of the file.
  db.exec('PRAGMA secure_delete = ON')
  const insert = db.prepare(`
    INSERT INTO payloads (call_id, model, major, version, time, until, redacted, bytes, inputs, outputs)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (call_id) DO NOTHING`)
  const expire = db.prepare(
    'DELETE FROM payloads WHERE rowid IN (SELECT rowid FROM payloads WHERE until <= ? ORDER BY until LIMIT ?)',
  )
  const expireAhead = db.prepare(`DELETE FROM payloads WHERE rowid IN (${fromAhead})`)
  const sum = db.prepare('SELECT total(bytes) AS bytes FROM payloads')
  return {
    putPayloads: (payloads: readonly StoredPayload[]): void =>
      transact(db, () => {
        for (const { callId, model, major, version, time, until, redacted, inputs, outputs } of payloads) {
          const bytes = Buffer.byteLength(inputs) + Buffer.byteLength(outputs)
          insert.run(callId, model, major, version, time, until, redacted ? 1 : 0, bytes, inputs, outputs)
        }
      }),
    /** How many of them went in this step; fewer than `full` are the last. */
    forgetPayloads: (of: PayloadsOf): { readonly gone: number; readonly full: boolean } => {
      const { where, parameters } = payloadsWhere(of)
      const step = db.prepare(`DELETE FROM payloads WHERE rowid IN (SELECT rowid FROM payloads ${where} LIMIT ?)`)
      const gone = Number(transact(db, () => step.run(...parameters, rowsMax)).changes)
      return { gone, full: gone === rowsMax }
    },
    expirePayloads: ({ now, bytesMax }: { readonly now: number; readonly bytesMax: number }): ExpiredPayloads => {
      const gone = (until: number) => Number(transact(db, () => expire.run(until, rowsMax)).changes)
      const ahead = Number(transact(db, () => expireAhead.run(now + aheadMs, rowsMax)).changes)
      const over = ahead + gone(now)
      const crowded = over === 0 && Number(sum.get()?.bytes) > bytesMax ? gone(Number.MAX_SAFE_INTEGER) : 0
      return { over, crowded }
    },
  }
}
