import type { DatabaseSync } from 'node:sqlite'
import { systemClock } from '../../kernel/clock.ts'
import type { JudgeSum } from '../../kernel/judge.ts'
import type { ShadowSum } from '../../kernel/shadow.ts'
import { steadyTime } from '../../kernel/steady-time.ts'
import { transact } from './open-database.ts'

/** So many days are kept. */
const daysKept = 92

/** A sum by name, day and contract, and by what else tells it apart: texts. */
interface DaySum {
  readonly model: string
  readonly major: number
  /** Days since the Unix epoch (UTC). */
  readonly day: number
  readonly name: string
  readonly value: number
}

interface SumsTable<Sum extends DaySum> {
  readonly table: string
  /** Those texts, in the order of the table's key. */
  readonly by: readonly Exclude<keyof Sum & string, keyof DaySum>[]
}

const shadows: SumsTable<ShadowSum> = { table: 'shadow_sums', by: ['served', 'shadow'] }
const judges: SumsTable<JudgeSum> = { table: 'judge_sums', by: ['metric', 'version', 'judge'] }

/** `isSteady`: see `steadyTime`. The days of what is added are of the same clock. */
export const shadowWriter = (db: DatabaseSync, isSteady = steadyTime(systemClock)) => writer(db, shadows, isSteady)
export const shadowReader = (db: DatabaseSync) => reader(db, shadows)
export const judgeWriter = (db: DatabaseSync, isSteady = steadyTime(systemClock)) => writer(db, judges, isSteady)
export const judgeReader = (db: DatabaseSync) => reader(db, judges)

/** Adds to the sums; what is older than what is kept goes, unless the clock leapt. */
function writer<Sum extends DaySum>(
  db: DatabaseSync,
  { table, by }: SumsTable<Sum>,
  isSteady: () => boolean,
): (sums: readonly Sum[]) => void {
  const add = db.prepare(`
    INSERT INTO ${table} (model, day, major, ${by.join(', ')}, name, value) VALUES (?, ?, ?, ${by.map(() => '?').join(', ')}, ?, ?)
    ON CONFLICT DO UPDATE SET value = value + excluded.value`)
  const forget = db.prepare(`DELETE FROM ${table} WHERE model = ? AND day <= ?`)
  return (sums) =>
    transact(db, () => {
      const newest = new Map<string, number>()
      for (const sum of sums) {
        const { model, day, major, name, value } = sum
        add.run(model, day, major, ...by.map((key) => String(sum[key])), name, value)
        newest.set(model, Math.max(day, newest.get(model) ?? 0))
      }
      if (!isSteady()) return
      for (const [model, day] of newest) forget.run(model, day - daysKept)
    })
}

function reader<Sum extends DaySum>(
  db: DatabaseSync,
  { table, by }: SumsTable<Sum>,
): (model: string) => readonly Sum[] {
  return (model) => {
    const rows = db
      .prepare(`SELECT * FROM ${table} WHERE model = ? ORDER BY day, major, ${by.join(', ')}, name`)
      .all(model)
    // As they were written: the columns are the sum's own, and its names are those that it had.
    return rows.map((row) => ({ ...row }) as unknown as Sum)
  }
}
