export type Cell = string | number | undefined

/** Rows under their headings, two blanks apart; columns of numbers stand to the right. Columns that hold nothing are left out. */
export function columns(rows: readonly Readonly<Record<string, Cell>>[]): readonly string[] {
  if (rows.length === 0) return []
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const filled = names.filter((name) => rows.some((row) => text(row[name]) !== ''))
  const table = filled.map((name) => {
    const cells = rows.map((row) => text(row[name]))
    const width = Math.max(name.length, ...cells.map((cell) => cell.length))
    const right = rows.every((row) => typeof row[name] !== 'string')
    return [name.toUpperCase(), ...cells].map((cell) => (right ? cell.padStart(width) : cell.padEnd(width)))
  })
  return [-1, ...rows.keys()].map((index) =>
    table
      .map((column) => column[index + 1])
      .join('  ')
      .trimEnd(),
  )
}

function text(cell: Cell): string {
  return cell === undefined ? '' : String(cell).replace(/\s+/g, ' ')
}
