const DOTTED_NUMBERS = /^\d+(\.\d+)*$/

/**
 * Orders versions, lowest first: dotted numbers by their numbers (`1.9` before `1.10`, `1` before `1.0`), and after
 * any other name, so that `1.0-rc1` is never taken for the newest where `1.0` exists.
 */
export function compareVersions(a: string, b: string): number {
  const [isNumericA, isNumericB] = [DOTTED_NUMBERS.test(a), DOTTED_NUMBERS.test(b)]
  if (isNumericA !== isNumericB) return isNumericA ? 1 : -1
  return (isNumericA ? compareNumbers(a, b) : a.localeCompare(b, 'en', { numeric: true })) || compareText(a, b)
}

function compareNumbers(a: string, b: string): number {
  const [left, right] = [a.split('.').map(Number), b.split('.').map(Number)]
  const differing = left.findIndex((number, index) => number !== right[index])
  if (differing === -1) return left.length - right.length
  return (left[differing] ?? -1) - (right[differing] ?? -1)
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
