import type { DatabaseSync } from 'node:sqlite'
import type { ShadowSum } from '../../../kernel/shadow.ts'
import { transact } from '../open-database.ts'

/** So many days are kept. */
const daysKept = 92

/** Adds to the sums; what is older than what is kept goes. */
export function shadowWriter(db: DatabaseSync): (sums: readonly ShadowSum[]) => void {
  const add = db.prepare(`
    INSERT INTO shadow_sums (model, day, major, served, shadow, name, value) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET value = value + excluded.value`)
  const forget = db.prepare('DELETE FROM shadow_sums WHERE model = ? AND day <= ?')
  return (sums) =>
    transact(db, () => {
      const newest = new Map<string, number>()
      for (const { model, day, major, served, shadow, name, value } of sums) {
        add.run(model, day, major, served, shadow, name, value)
        newest.set(model, Math.max(day, newest.get(model) ?? 0))
      }
      for (const [model, day] of newest) forget.run(model, day - daysKept)
    })
}

export function shadowReader(db: DatabaseSync): (model: string) => readonly ShadowSum[] {
  return (model) => {
    const rows = db
      .prepare('SELECT * FROM shadow_sums WHERE model = ? ORDER BY day, major, served, shadow, name')
      .all(model)
    return rows.map(({ day, major, served, shadow, name, value }) => ({
      model,
      major: Number(major),
      served: String(served),
      shadow: String(shadow),
      day: Number(day),
      // As they were written.
      name: String(name) as ShadowSum['name'],
      value: Number(value),
    }))
  }
}
