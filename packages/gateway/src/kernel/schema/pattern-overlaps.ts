/**
 * For each position, the positions that can take a character which it takes too. V8 itself is asked, with a sample of every
 * character that can tell two atoms apart: those that the pattern names with their neighbours, ASCII, and the odd members
 * of \s. What is named by property (\p{…}) is taken to overlap with everything.
 */
export function overlapsOf(atoms: readonly string[], pattern: string): ReadonlySet<number>[] {
  const samples = samplesFor(pattern)
  const byAtom = Map.groupBy(atoms.keys(), (at) => atoms[at] ?? '')
  const classes = [...byAtom].map(([atom, positions]) => ({ atom, positions, takes: signature(atom, samples) }))
  const overlapping = new Map(
    classes.map(({ atom, takes }) => {
      const alike = classes.filter((other) => meet(takes, other.takes))
      return [atom, new Set(alike.flatMap(({ positions }) => positions))]
    }),
  )
  return atoms.map((atom) => overlapping.get(atom) ?? new Set())
}

/** One digit a sample, "1" where the atom takes it; undefined where samples cannot tell. */
function signature(atom: string, samples: readonly string[]): string | undefined {
  if (atom === '') return '' // position 0, the start
  if (/\\p/iu.test(atom)) return undefined
  const expression = new RegExp(`^(?:${atom})$`, 'u')
  return samples.map((sample) => (expression.test(sample) ? '1' : '0')).join('')
}

function meet(a: string | undefined, b: string | undefined): boolean {
  if (a === '' || b === '') return false
  if (a === undefined || b === undefined) return true
  for (let i = 0; i < a.length; i++) if (a[i] === '1' && b[i] === '1') return true
  return false
}

const spaces = [0xa0, 0x1680, 0x2000, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000, 0xfeff]
const fixed = [...Array(129).keys(), ...spaces.flatMap((code) => [code - 1, code, code + 1]), 0xd7ff, 0xe000, 0x10ffff]

function samplesFor(pattern: string): string[] {
  const literal = [...pattern].map((character) => character.codePointAt(0) ?? 0)
  const escaped = [...pattern.matchAll(/\\(?:u\{?|x)([0-9a-fA-F]+)/gu)].map(([, digits = '0']) => parseInt(digits, 16))
  const surrogates = [...pattern.matchAll(/\\u(d[89ab]\w\w)\\u(d[c-f]\w\w)/giu)].map(([, high = '0', low = '0']) => {
    return (parseInt(high, 16) - 0xd800) * 0x400 + parseInt(low, 16) - 0xdc00 + 0x10000
  })
  const named = [...literal, ...escaped, ...surrogates].flatMap((code) => [code - 1, code, code + 1])
  const valid = [...fixed, ...named].filter((code) => code >= 0 && code <= 0x10ffff)
  return [...new Set(valid)].map((code) => String.fromCodePoint(code))
}
