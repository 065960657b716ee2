import type { DatabaseSync } from 'node:sqlite'
import type { Feedback } from '../../../kernel/record.ts'
import { addTo, type EvidenceFacts, noSums, tellsOfVersion } from '../../evidence-sums.ts'
import { type CallValue, callColumns, evidenceFactsOf } from '../call-row.ts'
import { addToArm, armRows } from './arm-rows.ts'
import { bucketRows } from './bucket-rows.ts'
import { keyText, type UnitKey, type UnitRow, unitRows } from './unit-rows.ts'
import { judgementWriter } from './write-judgements.ts'

/** Of an experiment, all arms and epochs together: some 200 MB. Calls of further units are counted, and else left out of it. */
const unitsMaxDefault = 1_000_000

/**
 * The evidence of experiments, written in the transaction of the Records that it is made of, so that it is as exact as they are. Only
 * calls and feedback within the attribution window of their unit count, which begins with the unit's first call. The sums are the same
 * whatever the order in which Records come: where one turns out to be the first, what the window then leaves out is taken out again.
 */
export function evidenceWriter(db: DatabaseSync, unitsMax = unitsMaxDefault) {
  const units = unitRows(db)
  const arms = armRows(db)
  const buckets = bucketRows(db)
  const judgements = judgementWriter(db, units)
  const callsBetween = db.prepare(`
    SELECT ${callColumns.join(', ')} FROM calls INDEXED BY calls_time
    WHERE time >= ? AND time < ? AND experiment = ? AND epoch = ? AND unit = ? AND arm = ?`)
  callsBetween.setReturnArrays(true)

  /** Records come nearly in order: few lie between the two ends, and an index by unit would cost every Record more than this. */
  function shorten(key: UnitKey, row: UnitRow, until: number, fresh: readonly EvidenceFacts[]): void {
    const before = row.until
    row.until = until
    if (row.last_at < until) return
    const uncounted = new Set(fresh.map(({ id }) => id))
    const { experiment, epoch, unit, arm } = key
    for (const values of callsBetween.all(until, before, experiment, epoch, unit, arm)) {
      const facts = evidenceFactsOf(values as unknown as readonly CallValue[])
      if (!facts || uncounted.has(facts.id)) continue
      judgements.uncountCall(key, row, facts.id)
      if (!tellsOfVersion(facts)) continue
      addTo(row, facts, -1)
      buckets.remove(key, facts)
    }
    judgements.uncountFrom(key, row, until)
    row.last_at = until - 1
  }

  /** The unit as it stands with these calls begun; undefined past the bound. */
  function unitOf(key: UnitKey, calls: readonly EvidenceFacts[]): UnitRow | undefined {
    const first = calls.reduce((first, call) => (call.time < first.time ? call : first))
    const until = first.time + first.enrolment.attributionMs
    const row = units.find(key)
    if (!row) {
      const arm = arms.find(key)
      if (arms.unitsOf(key.experiment) >= unitsMax) {
        arm.beyond += calls.length
        return undefined
      }
      arms.addUnit(key, arm)
      return units.add(key, { first_at: first.time, until, last_at: first.time, judged: 0, ...noSums })
    }
    if (first.time < row.first_at) {
      row.first_at = first.time
      if (until < row.until) shorten(key, row, until, calls)
    }
    return row
  }

  function addCalls(key: UnitKey, calls: readonly EvidenceFacts[]): void {
    const row = unitOf(key, calls)
    for (const facts of calls) {
      addToArm(arms.find(key), facts)
      const tells = tellsOfVersion(facts)
      if (!row || facts.time >= row.until) continue
      row.last_at = Math.max(row.last_at, facts.time)
      if (tells) {
        addTo(row, facts, 1)
        buckets.add(key, facts)
      }
      judgements.ofCall(key, row, facts.id)
    }
  }

  const tables = [units, arms, buckets]
  return {
    /** A batch begins; another one may have failed. */
    begin(): void {
      for (const table of tables) table.drop()
    },
    /** Records that stand in `calls` since this batch. */
    calls(calls: readonly EvidenceFacts[]): void {
      const byUnit = Map.groupBy(calls, ({ enrolment }) => keyText(enrolment))
      for (const [first, ...others] of byUnit.values()) if (first) addCalls(first.enrolment, [first, ...others])
    },
    /** After the calls of its batch, and after `feedback` has it. */
    feedback: (one: Feedback): void => judgements.judge(one),
    save(): void {
      for (const table of tables) table.save()
    },
  }
}
