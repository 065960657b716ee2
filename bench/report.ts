import type { Summary } from './measure/percentiles.ts'

/** One line of the result. */
export interface Row {
  /** The table it stands in. */
  readonly table: string
  readonly name: string
  /** To the row of its table that is 1.0. */
  readonly ratio?: Summary
  /** For information: true of this machine at this hour only. */
  readonly figures?: Readonly<Record<string, number>>
  readonly budget?: Budget
  /** Why there is no figure, or what must be known to read it. */
  readonly note?: string
}

export interface Budget {
  /** What is held against the limit, where it is not the ratio. */
  readonly value?: number
  readonly atMost?: number
  readonly atLeast?: number
  readonly unit?: string
}

export type Verdict = 'met' | 'MISSED' | 'not measured' | 'no budget'

export function verdictOf({ ratio, budget }: Row): Verdict {
  if (!budget) return 'no budget'
  const value = budget.value ?? ratio?.median
  if (value === undefined || Number.isNaN(value)) return 'not measured'
  const { atMost = Number.POSITIVE_INFINITY, atLeast = Number.NEGATIVE_INFINITY } = budget
  return value <= atMost && value >= atLeast ? 'met' : 'MISSED'
}

/** All that must be known to read a row; undefined when there is nothing. */
export function joinNotes(...notes: readonly (string | undefined)[]): string | undefined {
  const said = notes.filter((note) => note !== undefined)
  return said.length === 0 ? undefined : said.join('; ')
}

/** For a suite that could not run. Its budgets are not known here, but there are some: one without limits cannot be met. */
export function suiteNotMeasured(suite: string, why: string): Row {
  return { table: suite, name: 'all', budget: {}, note: `not measured: ${why}` }
}

/** What `--check` does not let pass: budgets that were missed, and those of which nobody knows. */
export function unmet(rows: readonly Row[]): Readonly<Record<'MISSED' | 'not measured', readonly string[]>> {
  const those = (verdict: Verdict) =>
    rows.filter((row) => verdictOf(row) === verdict).map(({ table, name }) => `${name} (${table})`)
  return { MISSED: those('MISSED'), 'not measured': those('not measured') }
}

/** The result as text: one table for each of `row.table`, in the order in which they first come. */
export function tablesOf(rows: readonly Row[]): string {
  return [...Map.groupBy(rows, ({ table }) => table)]
    .map(([title, group]) => `${title}\n${'-'.repeat(title.length)}\n${table(group)}`)
    .join('\n\n')
}

function table(rows: readonly Row[]): string {
  const shown = rows.map((row) => [row.name, ratioText(row), figuresText(row), budgetText(row), verdictText(row)])
  const head = ['', 'ratio (spread)', 'on this machine', 'budget', '']
  const used = head.map((_, column) => column === 0 || shown.some((cells) => cells[column] !== ''))
  const grid = [head, ...shown].map((cells) => cells.filter((_, column) => used[column]))
  const widths = (grid[0] ?? []).map((_, column) => Math.max(...grid.map((cells) => cells[column]?.length ?? 0)))
  const line = (cells: readonly string[]) => cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')
  return grid
    .map((cells, i) => {
      const note = rows[i - 1]?.note
      return line(cells).trimEnd() + (note === undefined ? '' : `\n    ${note}`)
    })
    .join('\n')
}

function ratioText({ ratio }: Row): string {
  if (!ratio) return ''
  const { median, min, max } = ratio
  const spread = min === max ? '' : ` (${short(min)}-${short(max)})`
  return short(median) + spread
}

function figuresText({ figures = {} }: Row): string {
  return Object.entries(figures)
    .map(([unit, value]) => `${short(value)} ${unit}`)
    .join(', ')
}

function budgetText({ budget }: Row): string {
  if (!budget) return ''
  const unit = budget.unit === undefined ? '' : ` ${budget.unit}`
  if (budget.atMost !== undefined) return `at most ${budget.atMost}${unit}`
  return budget.atLeast === undefined ? '' : `at least ${budget.atLeast}${unit}`
}

function verdictText(row: Row): string {
  const verdict = verdictOf(row)
  return verdict === 'no budget' ? '' : verdict
}

/** Three figures say all that a run of some seconds knows. */
export function short(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en')
  return String(Number(value.toPrecision(Math.abs(value) >= 1 ? 3 : 2)))
}
