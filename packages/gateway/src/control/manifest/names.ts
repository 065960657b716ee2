/** Names of models and consumers: what stands in paths, logs and labels without quoting. A dot is reserved for namespaces. */
const namePattern = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/
export const nameWords = 'must be lower-case words of letters and digits, joined by hyphens, at most 63 characters'
const nameLengthMax = 63

/** Clients do not escape versions in URLs. */
export const versionPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

export const majorPattern = /^v[1-9]\d{0,3}$/

export function isName(name: string): boolean {
  return name.length <= nameLengthMax && namePattern.test(name)
}

export function majorNumber(major: string): number {
  return Number(major.slice(1))
}

/** "1.10" comes after "1.9", as parts that are numbers compare as numbers, and "1.0-rc" before "1.0", as in semantic versions. */
export function compareVersions(a: string, b: string): number {
  const [[release, suffix], [otherRelease, otherSuffix]] = [splitVersion(a), splitVersion(b)]
  const byRelease = compareParts(release, otherRelease)
  if (byRelease !== 0 || suffix === otherSuffix) return byRelease
  if (suffix === '' || otherSuffix === '') return suffix === '' ? 1 : -1
  return compareParts(suffix, otherSuffix)
}

function splitVersion(version: string): readonly [release: string, suffix: string] {
  const hyphen = version.indexOf('-')
  return hyphen === -1 ? [version, ''] : [version.slice(0, hyphen), version.slice(hyphen + 1)]
}

function compareParts(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}
