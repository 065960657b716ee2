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
 *
 * A unit counts in the first epoch that it was met in, and in no later one: its calls there are no news of it, and epochs are combined as
 * if they were independent.
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
    }
    judgements.uncountFrom(key, row, until)
    row.last_at = until - 1
  }

  /** Of its calls that were there before. */
  function firstOf(key: UnitKey, row: UnitRow, fresh: readonly EvidenceFacts[]): EvidenceFacts | undefined {
    const { experiment, epoch, unit, arm } = key
    return callsBetween
      .all(row.first_at, row.first_at + 1, experiment, epoch, unit, arm)
      .flatMap((values) => evidenceFactsOf(values as unknown as readonly CallValue[]) ?? [])
      .filter(({ id }) => !fresh.some((one) => one.id === id))
      .reduce<EvidenceFacts | undefined>((first, call) => (first ? earlier(first, call) : call), undefined)
  }

  /** Of a unit's first call alone: the quantiles take each value for one of its own, and a unit's are alike. */
  function countValues(key: UnitKey, facts: EvidenceFacts, by: 1 | -1): void {
    if (!tellsOfVersion(facts)) return
    if (by === 1) buckets.add(key, facts)
    else buckets.remove(key, facts)
  }

  /** Leaves the unit out of later epochs; false where it counts in an earlier one. */
  function isFirstEpoch(key: UnitKey): boolean {
    const others = arms.ofOtherEpochs(key).map((other) => ({ ...other, unit: key.unit }))
    if (others.some((other) => other.epoch < key.epoch && units.find(other))) return false
    for (const later of others) {
      const row = later.epoch > key.epoch ? units.find(later) : undefined
      if (!row) continue
      const counted = firstOf(later, row, [])
      if (counted) countValues(later, counted, -1)
      shorten(later, row, row.first_at, [])
      units.remove(later)
      arms.addUnits(later, arms.find(later), -1)
    }
    return true
  }

  /** The unit as it stands with these calls begun; undefined past the bound, and where it counts in an earlier epoch. */
  function unitOf(key: UnitKey, calls: readonly EvidenceFacts[]): UnitRow | undefined {
    const first = calls.reduce(earlier)
    const until = first.time + first.enrolment.attributionMs
    const row = units.find(key)
    if (!row) {
      if (!isFirstEpoch(key)) return undefined
      const arm = arms.find(key)
      if (arms.unitsOf(key.experiment) >= unitsMax) {
        arm.beyond += calls.length
        return undefined
      }
      arms.addUnits(key, arm, 1)
      countValues(key, first, 1)
      return units.add(key, { first_at: first.time, until, last_at: first.time, judged: 0, ...noSums })
    }
    const counted = first.time <= row.first_at ? firstOf(key, row, calls) : undefined
    if (counted && earlier(first, counted) === first) {
      countValues(key, counted, -1)
      countValues(key, first, 1)
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
      if (!row || facts.time >= row.until) continue
      row.last_at = Math.max(row.last_at, facts.time)
      if (tellsOfVersion(facts)) addTo(row, facts, 1)
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
      // Later epochs first: what an earlier one takes out of them was added then.
      const groups = [...byUnit.values()].sort(([a], [b]) => epochOf(b) - epochOf(a))
      for (const [first, ...others] of groups) if (first) addCalls(first.enrolment, [first, ...others])
    },
    /** After the calls of its batch, and after `feedback` has it. */
    feedback: (one: Feedback): void => judgements.judge(one),
    save(): void {
      for (const table of tables) table.save()
    },
  }
}

/** Whichever comes first; a moment's, by their ids, so that the order in which they came does not matter. */
const earlier = (a: EvidenceFacts, b: EvidenceFacts): EvidenceFacts =>
  a.time < b.time || (a.time === b.time && a.id <= b.id) ? a : b

const epochOf = (call: EvidenceFacts | undefined): number => call?.enrolment.epoch ?? 0
