import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { setImmediate } from 'node:timers/promises'
import { type DriftSketch, parseCategorySketch, parseNumberSketch } from '@astraapi/statistics'
import { addSketch, type DriftKept, type DriftPart, type DriftQuery, type DriftSum } from '../../../kernel/drift.ts'
import { transact } from '../open-database.ts'

export interface DriftForget {
  readonly before: number
  readonly kept: readonly DriftKept[]
}

export function driftWriter(db: DatabaseSync): (parts: readonly DriftPart[]) => void {
  const find = db.prepare(`
    SELECT sketch FROM drift_sketches
    WHERE model = ? AND major = ? AND first = ? AND hour = ? AND version = ? AND feature = ?`)
  const write = db.prepare('INSERT OR REPLACE INTO drift_sketches VALUES (?, ?, ?, ?, ?, ?, ?)')
  return (parts) =>
    transact(db, () => {
      for (const { model, major, first, hour, version, feature, sketch } of parts) {
        const place = [model, major, Number(first), hour, version, feature]
        const known = sketchIn(find.get(...place)?.sketch)
        const sum = known ? addSketch(known, sketch) : sketch
        write.run(...place, JSON.stringify(sum))
      }
    })
}

/** Rows of one turn, some 5 ms: who waits for the reader comes in between. */
const turnRows = 100

/** No row counts twice; what comes meanwhile, of hours that were read, is left to the next time. */
export function driftReader(db: DatabaseSync): (query: DriftQuery) => Promise<readonly DriftSum[]> {
  return async (query) => {
    const sums = new Map<string, { readonly version: string; readonly feature: string; sketch: DriftSketch }>()
    for await (const rows of pagesOf(db, query)) {
      for (const row of rows) {
        const sketch = sketchIn(row.sketch)
        if (!sketch) continue
        const [version, feature] = [String(row.version), String(row.feature)]
        const key = `${version} ${feature}`
        const sum = sums.get(key)
        if (sum) sum.sketch = addSketch(sum.sketch, sketch)
        else sums.set(key, { version, feature, sketch })
      }
    }
    return [...sums.values()].sort((a, b) => order(a.version, b.version) || order(a.feature, b.feature))
  }
}

/** In the order of the table's key, after which each page goes on: no statement is left open between turns. */
async function* pagesOf(db: DatabaseSync, { model, major, from, to, first, both }: DriftQuery) {
  const page = db.prepare(`
    SELECT hour, version, feature, sketch FROM drift_sketches
    WHERE model = ? AND major = ? AND first = ? AND hour < ? AND (hour, version, feature) > (?, ?, ?)${both ? inBoth : ''}
    ORDER BY hour, version, feature LIMIT ${turnRows}`)
  const ofBoth = both ? [...both, ...both, both[0]] : []
  for (const part of first === undefined ? [0, 1] : [Number(first)]) {
    // Nothing is called so: it comes before the first one of its hour.
    let after: SQLOutputValue[] = [from, '', '']
    for (;;) {
      const rows = page.all(model, major, part, to, ...after, ...ofBoth)
      yield rows
      const last = rows.at(-1)
      if (!last || rows.length < turnRows) break
      after = [last.hour ?? null, last.version ?? null, last.feature ?? null]
      await setImmediate()
    }
  }
}

/** Of two versions, and where the other one has values of the same feature in the same hour, first ones or later. */
const inBoth = `
  AND version IN (?, ?) AND EXISTS (
    SELECT 1 FROM drift_sketches AS other
    WHERE other.model = drift_sketches.model AND other.major = drift_sketches.major AND other.first IN (0, 1)
      AND other.hour = drift_sketches.hour AND other.version = iif(drift_sketches.version = ?, ?, ?)
      AND other.feature = drift_sketches.feature)`

/** What is of no contract that keeps sketches goes with the rest. */
export function driftForgetter(db: DatabaseSync): (forget: DriftForget) => void {
  const forget = db.prepare(`
    DELETE FROM drift_sketches WHERE hour < :before AND NOT EXISTS (
      SELECT 1 FROM json_each(:kept) AS one
      WHERE one.value ->> 'model' = drift_sketches.model AND one.value ->> 'major' = drift_sketches.major AND (
        (first = 1 AND EXISTS (SELECT 1 FROM json_each(one.value, '$.versions') AS live WHERE live.value = version))
        OR (hour >= one.value ->> '$.reference.from' AND hour < one.value ->> '$.reference.to')))`)
  return ({ before, kept }) => {
    forget.run({ before, kept: JSON.stringify(kept) })
  }
}

/** Undefined where the row is damaged: one must not keep all others from being written and read. */
function sketchIn(text: unknown): DriftSketch | undefined {
  try {
    const json: unknown = JSON.parse(String(text))
    const isNumbers = typeof json === 'object' && json !== null && 'kind' in json && json.kind === 'numbers'
    return isNumbers ? parseNumberSketch(json) : parseCategorySketch(json)
  } catch {
    return undefined
  }
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
