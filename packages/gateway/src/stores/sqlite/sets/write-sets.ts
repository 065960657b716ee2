import type { DatabaseSync } from 'node:sqlite'
import { type GateResult, gateResultsMax, type StoredSet, setsMax } from '../../../kernel/case-set.ts'
import { AstraError } from '../../../kernel/errors.ts'
import { synced } from '../open-database.ts'

export function setWriter(db: DatabaseSync) {
  const others = db.prepare('SELECT count(*) AS n FROM case_sets WHERE name <> ?')
  const upsert = db.prepare(`
    INSERT OR REPLACE INTO case_sets (name, digest, cases, expected, bytes, time, by_key, lines)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)`)
  const remove = db.prepare('DELETE FROM case_sets WHERE name = ?')
  const upsertResult = db.prepare(`
    INSERT INTO gate_results (key, time, passed, misses, words) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET
      time = excluded.time, passed = excluded.passed, misses = misses + excluded.misses, words = excluded.words`)
  const forgetResults = db.prepare(
    'DELETE FROM gate_results WHERE key IN (SELECT key FROM gate_results ORDER BY time DESC, key LIMIT -1 OFFSET ?)',
  )
  return {
    putSet: ({ set: { name, digest, cases, expected, bytes, time, by }, lines }: StoredSet) =>
      synced(db, () => {
        if (Number(others.get(name)?.n) >= setsMax) {
          const detail = `There are ${setsMax} sets already, which is the most`
          throw new AstraError('conflict', { detail, next: 'Delete one first: astraapi sets delete NAME.' })
        }
        // JSON holds no line break.
        upsert.run(name, digest, cases, expected, bytes, time, by, lines.join('\n'))
      }),
    removeSet: (name: string): boolean => synced(db, () => remove.run(name).changes > 0),
    saveGateResult: ({ key, time, passed, words }: Omit<GateResult, 'misses'>) =>
      synced(db, () => {
        upsertResult.run(key, time, passed ? 1 : 0, passed ? 0 : 1, words)
        forgetResults.run(gateResultsMax)
      }),
  }
}
