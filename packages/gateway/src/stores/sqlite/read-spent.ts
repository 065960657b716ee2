import type { DatabaseSync } from 'node:sqlite'
import { type SpentColumn, type SpentQuery, type SpentRow, spentColumns } from '../../kernel/store.ts'
import { dayMs } from '../spent-rollup.ts'

/** Reads what was spent from the sums by day. */
export function spentReader(db: DatabaseSync): (query: SpentQuery) => readonly SpentRow[] {
  return ({ from, to, by: asked, without = [] }) => {
    const by = spentColumns.filter((dimension) => asked.includes(dimension))
    const days = { fromDay: Math.floor(from / dayMs), toDay: Math.ceil(to / dayMs) }
    const rows = db.prepare(spentSql(by)).all({ ...days, without: JSON.stringify(without) })
    return rows.map((row) => ({
      by: Object.fromEntries(by.map((dimension) => [dimension, String(row[dimension])])),
      costUsd: Number(row.costUsd),
    }))
  }
}

/** `by` holds names of our own table only, which are the columns' names too. Of no days there is no row, also where nothing is grouped. */
function spentSql(by: readonly SpentColumn[]): string {
  const groups = by.join(', ')
  return `
    SELECT ${[...by, 'total(cost_usd) AS costUsd'].join(', ')} FROM spent_days
    WHERE day >= $fromDay AND day < $toDay AND consumer NOT IN (SELECT value FROM json_each($without))
    ${groups && `GROUP BY ${groups}`} HAVING costUsd > 0 ${groups && `ORDER BY ${groups}`}`
}
