const leastUsd = 1e-9

/** 1.234 for people: "$1.23"; below a dollar its first three digits. What is not nothing is never shown as $0. */
export function money(usd: number): string {
  if (usd === 0) return '$0'
  if (usd < leastUsd) return `<$${leastUsd.toFixed(9)}`
  if (usd >= 0.9995) return `$${usd.toFixed(2)}`
  const decimals = Math.min(2 - Math.floor(Math.log10(usd)), 11)
  return `$${usd.toFixed(decimals).replace(/0+$/, '')}`
}

/** Of several calls: "$1.24 + 3 calls unpriced". What has no price did not cost nothing. */
export function moneySpent(priced: number, unpriced: number): string {
  if (unpriced === 0) return money(priced)
  const unknown = `${unpriced} ${unpriced === 1 ? 'call' : 'calls'} unpriced`
  return priced === 0 ? unknown : `${money(priced)} + ${unknown}`
}
