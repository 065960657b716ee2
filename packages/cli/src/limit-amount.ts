/** What a limit is, or what is left of it, with its unit: "99"; of a budget "USD 12.5". Less than one call is none. */
export function amountText(kind: string, amount: number): string {
  return isBudget(kind) ? `USD ${Number(amount.toPrecision(6))}` : String(Math.floor(amount))
}

/** Budgets are in USD, by calendar day or month; all else is counted. */
export function isBudget(kind: string): boolean {
  return kind.startsWith('budget-')
}
