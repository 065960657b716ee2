import type { DatabaseSync } from 'node:sqlite'
import { type GatePass, passesMax, type StoredSet, setsMax } from '../../../kernel/case-set.ts'
import { AstraError } from '../../../kernel/errors.ts'
import { synced } from '../open-database.ts'

export function setWriter(db: DatabaseSync) {
  const others = db.prepare('SELECT count(*) AS n FROM case_sets WHERE name <> ?')
  const upsert = db.prepare(`
    INSERT OR REPLACE INTO case_sets (name, digest, cases, expected, bytes, time, by_key, lines)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)`)
  const remove = db.prepare('DELETE FROM case_sets WHERE name = ?')
  const upsertPass = db.prepare('INSERT OR REPLACE INTO gate_passes (key, time, words) VALUES (?, ?, ?)')
  const forgetPasses = db.prepare(
    'DELETE FROM gate_passes WHERE key IN (SELECT key FROM gate_passes ORDER BY time DESC, key LIMIT -1 OFFSET ?)',
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
    savePass: ({ key, time, words }: GatePass) =>
      synced(db, () => {
        upsertPass.run(key, time, words)
        forgetPasses.run(passesMax)
      }),
  }
}
