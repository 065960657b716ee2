import type { DatabaseSync } from 'node:sqlite'
import type { JudgeSum } from '../../../kernel/judge.ts'
import { transact } from '../open-database.ts'

/** So many days are kept. */
const daysKept = 92

/** Adds to the sums; what is older than what is kept goes. */
export function judgeWriter(db: DatabaseSync): (sums: readonly JudgeSum[]) => void {
  const add = db.prepare(`
    INSERT INTO judge_sums (model, day, major, metric, version, judge, name, value) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET value = value + excluded.value`)
  const forget = db.prepare('DELETE FROM judge_sums WHERE model = ? AND day <= ?')
  return (sums) =>
    transact(db, () => {
      const newest = new Map<string, number>()
      for (const { model, day, major, metric, version, judge, name, value } of sums) {
        add.run(model, day, major, metric, version, judge, name, value)
        newest.set(model, Math.max(day, newest.get(model) ?? 0))
      }
      for (const [model, day] of newest) forget.run(model, day - daysKept)
    })
}

export function judgeReader(db: DatabaseSync): (model: string) => readonly JudgeSum[] {
  return (model) => {
    const rows = db
      .prepare('SELECT * FROM judge_sums WHERE model = ? ORDER BY day, major, metric, version, judge, name')
      .all(model)
    return rows.map(({ day, major, metric, version, judge, name, value }) => ({
      model,
      major: Number(major),
      metric: String(metric),
      version: String(version),
      judge: String(judge),
      day: Number(day),
      // As they were written.
      name: String(name) as JudgeSum['name'],
      value: Number(value),
    }))
  }
}
