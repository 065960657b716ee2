/** Names of models and consumers: what stands in paths, logs and labels without quoting. A dot is reserved for namespaces. */
export const namePattern = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/
export const nameWords = 'must be lower-case words of letters and digits, joined by hyphens, at most 63 characters'
export const nameLengthMax = 63

/** Clients do not escape versions in URLs. */
export const versionPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

export const majorPattern = /^v[1-9]\d{0,3}$/

export function isName(name: string): boolean {
  return name.length <= nameLengthMax && namePattern.test(name)
}

export function majorNumber(major: string): number {
  return Number(major.slice(1))
}

/** "1.10" comes after "1.9", and "1.0-rc" beside "1.0": parts that are numbers compare as numbers. */
export function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}
