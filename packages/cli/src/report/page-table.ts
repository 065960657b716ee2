import { el, type Markup } from './markup.ts'

/** A table's rows: a row's first cell is its heading. A column in which nothing but "-" stands is left out. */
export interface PageTable {
  readonly caption: string
  readonly names: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** The row that is pointed at. */
  readonly marked?: number
}

export function pageTable({ caption, names, rows, marked = -1 }: PageTable): Markup {
  const shown = [...names.keys()].filter((at) => at === 0 || rows.some((row) => row[at] !== '-'))
  // Numbers stand to the right.
  const isNumber = (at: number) => rows.every((row) => /^(-|[-+$]?[\d,.]+)$/.test(row[at] ?? ''))
  const kind = (at: number) => (at > 0 && rows.length > 0 && isNumber(at) ? 'number' : undefined)
  const head = shown.map((at) => el('th', { scope: 'col', class: kind(at) }, names[at]))
  const body = rows.map((row, index) =>
    el(
      'tr',
      { class: index === marked ? 'applied' : undefined },
      shown.map((at) => el(at === 0 ? 'th' : 'td', at === 0 ? { scope: 'row' } : { class: kind(at) }, row[at])),
    ),
  )
  const whole = el('table', {}, el('caption', {}, caption), el('thead', {}, el('tr', {}, head)), el('tbody', {}, body))
  return el('div', { class: 'scroll' }, whole)
}
