/**
 * How far two texts lie apart in their wording, from 0 (the same but for case and white space) to 1 (nothing in common). It
 * knows nothing of meaning: for that there are judges.
 *
 * - Short texts (up to 200 characters): Levenshtein's edit distance over the longer length, at most 40,000 steps.
 * - Longer ones: 1 - Dice's coefficient over words and pairs of adjacent words, as multisets. Letters of scripts without spaces
 *   count as words.
 * - Of texts over 8,000 characters the first and the last 4,000 are compared; the result is then at least the share by which
 *   their lengths differ. So the cost is bounded (about 2 ms).
 */
export function textDistance(a: string, b: string): number {
  if (a === b) return 0
  const [left, right] = [normalised(a), normalised(b)]
  const longer = Math.max(left.length, right.length)
  if (longer === 0) return 0
  const apart = longer <= shortMax ? editDistance(left, right) / longer : 1 - dice(featuresOf(left), featuresOf(right))
  if (Math.max(a.length, b.length) <= comparedMax) return apart
  return Math.max(apart, Math.abs(a.length - b.length) / Math.max(a.length, b.length))
}

const shortMax = 200
const comparedMax = 8000

function normalised(text: string): string {
  const half = comparedMax / 2
  const part = text.length <= comparedMax ? text : `${text.slice(0, half)} ${text.slice(-half)}`
  return part.normalize('NFC').toLowerCase().replace(/\s+/gu, ' ').trim()
}

/** Levenshtein 1966, in one row: `row[j]` is the distance of what was read of `a` to the first j characters of `b`. */
function editDistance(a: string, b: string): number {
  const row = Uint16Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 0; i < a.length; i++) {
    let [diagonal, left] = [i, i + 1]
    const character = a.charCodeAt(i)
    for (let j = 0; j < b.length; j++) {
      const above = row[j + 1] ?? 0
      const replaced = character === b.charCodeAt(j) ? diagonal : diagonal + 1
      row[j] = left
      left = Math.min(replaced, above + 1, left + 1)
      diagonal = above
    }
    row[b.length] = left
  }
  return row[b.length] ?? 0
}

const word = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[\p{L}\p{N}\p{M}]+|[^\s]/gu

function featuresOf(text: string): ReadonlyMap<string, number> {
  const features = new Map<string, number>()
  let previous: string | undefined
  for (const [token] of text.matchAll(word)) {
    features.set(token, (features.get(token) ?? 0) + 1)
    // A space can't stand in a word, so that a pair is never taken for one.
    if (previous !== undefined) features.set(`${previous} ${token}`, (features.get(`${previous} ${token}`) ?? 0) + 1)
    previous = token
  }
  return features
}

/** 2 |A and B| / (|A| + |B|), in [0, 1]. Source: Dice 1945, on multisets. */
function dice(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  let [shared, sum] = [0, 0]
  for (const [feature, count] of a) {
    shared += Math.min(count, b.get(feature) ?? 0)
    sum += count
  }
  for (const count of b.values()) sum += count
  return sum === 0 ? 1 : (2 * shared) / sum
}
