import type { DatabaseSync } from 'node:sqlite'
import type { Feedback } from '../../../kernel/record.ts'
import type { Row } from '../call-row.ts'
import type { UnitKey, UnitRow, UnitRows } from './unit-rows.ts'

/** Beyond it a sum would lose what is small. */
const valueMax = 1e15

/**
 * What feedback adds to its unit. The last word per call, metric and source counts, of those that came within the unit's attribution
 * window: `feedback` keeps what came last, and beside it what is counted of it, and when that was said.
 *
 * Of a call whose Record is not there yet only the last word is known when it comes.
 */
export function judgementWriter(db: DatabaseSync, units: UnitRows) {
  const callOf = db.prepare('SELECT experiment, epoch, unit, arm, time FROM calls WHERE id = ?')
  const saidOf = db.prepare('SELECT metric, source, value, time FROM feedback WHERE call_id = ?')
  const countedOf = db.prepare(
    'SELECT counted, counted_time FROM feedback WHERE call_id = ? AND metric = ? AND source = ?',
  )
  const count = db.prepare(
    'UPDATE feedback SET counted = ?, counted_time = ? WHERE call_id = ? AND metric = ? AND source = ?',
  )
  const addValue = db.prepare(`
    INSERT INTO experiment_values (experiment, epoch, unit, arm, metric, source, n, sum) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (experiment, epoch, unit, arm, metric, source) DO UPDATE SET
      n = n + excluded.n, sum = sum + excluded.sum`)
  const countedOfCall = db.prepare(`
    SELECT call_id, metric, source, counted FROM feedback WHERE call_id = ? AND counted_time IS NOT NULL`)
  const countedFrom = db.prepare(`
    SELECT call_id, metric, source, counted FROM feedback INDEXED BY feedback_counted JOIN calls ON id = call_id
    WHERE counted_time >= ? AND experiment = ? AND epoch = ? AND unit = ? AND arm = ?`)

  function apply(key: UnitKey, row: UnitRow, said: Said): void {
    const { callId, metric, source, time } = said
    const value = numberOf(said.value)
    if (value === undefined || time >= row.until) return
    const known = countedOf.get(callId, metric, source)
    const before = known?.counted_time
    if (typeof before === 'number' && time < before) return
    const isNew = typeof before !== 'number'
    const change = value - (isNew ? 0 : Number(known?.counted))
    addValue.run(key.experiment, key.epoch, key.unit, key.arm, metric, source, Number(isNew), change)
    count.run(value, time, callId, metric, source)
    if (isNew) row.judged += 1
    row.last_at = Math.max(row.last_at, time)
  }

  function takeOut({ experiment, epoch, unit, arm }: UnitKey, row: UnitRow, counted: readonly Row[]): void {
    for (const found of counted) {
      const [callId, metric, source] = [String(found.call_id), String(found.metric), String(found.source)]
      addValue.run(experiment, epoch, unit, arm, metric, source, -1, -Number(found.counted))
      count.run(null, null, callId, metric, source)
      row.judged -= 1
    }
  }

  return {
    /** `feedback` has it already. */
    judge(said: Said): void {
      const call = callOf.get(said.callId)
      if (!call || call.experiment === null) return
      const key = call as unknown as UnitKey & { readonly time: number }
      const row = units.find(key)
      if (row && key.time >= row.first_at && key.time < row.until) apply(key, row, said)
    },
    /** What was said of a call before its Record came. */
    ofCall(key: UnitKey, row: UnitRow, callId: string): void {
      for (const { metric, source, value, time } of saidOf.all(callId)) {
        const said = { metric: String(metric), source: String(source), value: JSON.parse(String(value)) }
        apply(key, row, { ...said, callId, time: Number(time) })
      }
    },
    uncountCall: (key: UnitKey, row: UnitRow, callId: string): void => takeOut(key, row, countedOfCall.all(callId)),
    /** Takes out what was said of the unit from `until` on. */
    uncountFrom(key: UnitKey, row: UnitRow, until: number): void {
      takeOut(key, row, countedFrom.all(until, key.experiment, key.epoch, key.unit, key.arm))
    },
  }
}

/** What it needs to know of feedback. */
interface Said extends Pick<Feedback, 'callId' | 'metric' | 'value' | 'time'> {
  readonly source: string
}

/** Undefined of what cannot be analysed. */
function numberOf(value: Feedback['value']): number | undefined {
  if (typeof value === 'boolean') return Number(value)
  return typeof value === 'number' && Math.abs(value) <= valueMax ? value : undefined
}
