/**
 * The structure of a regular expression that V8 has already accepted under the flag "u": just enough of it to count the
 * ways in which a text can be read. Where it is coarse it sees more ways than there are, never fewer.
 */
export function parsePattern(pattern: string): PatternSyntax | undefined {
  const tokens = pattern.match(tokenPattern) ?? []
  if (tokens.some((token) => refused.test(token))) return undefined
  const reader = { tokens, at: 0 }
  const tree = readAlternatives(reader)
  const starts = tree.kind === 'either' ? tree.branches : [tree]
  return { tree, anchored: starts.every((branch) => branch.kind === 'chain' && branch.parts[0]?.kind === 'start') }
}

export interface PatternSyntax {
  readonly tree: PatternTree
  /** Whether a match can only begin at the start of the text. */
  readonly anchored: boolean
}

export type PatternTree =
  | { readonly kind: 'start' }
  | { readonly kind: 'atom'; readonly source: string }
  | { readonly kind: 'chain'; readonly parts: readonly PatternTree[] }
  | { readonly kind: 'either'; readonly branches: readonly PatternTree[] }
  | { readonly kind: 'repeat'; readonly body: PatternTree; readonly min: number; readonly max: number }

interface Reader {
  readonly tokens: readonly string[]
  at: number
}

/** A class, an escape, the head of a group, a quantifier, or one character. */
const tokenPattern =
  /\[(?:[^\]\\]|\\.)*\]|\\(?:u\{\w+\}|u[dD][89abAB]\w{2}\\u[dD][c-fC-F]\w{2}|u\w{4}|x\w{2}|c\w|[pP]\{[^}]*\}|k<[^>]*>|[1-9]\d*|.)|\(\?(?:<[^=!][^>]*>|<?[=!:]|[^)]*?:)|[*+?]\??|\{\d+(?:,\d*)?\}\??|./gsu
const refused = /^\(\?(?!:|<[^=!])|^\\(?:[1-9]|k<)/u

function readAlternatives(reader: Reader): PatternTree {
  const branches: PatternTree[] = []
  do branches.push(readChain(reader))
  while (reader.tokens[reader.at++] === '|')
  const [only] = branches
  return only && branches.length === 1 ? only : { kind: 'either', branches }
}

/** Stops before "|", ")" or the end. */
function readChain(reader: Reader): PatternTree {
  const parts: PatternTree[] = []
  for (;;) {
    const token = reader.tokens[reader.at]
    if (token === undefined || token === '|' || token === ')') return { kind: 'chain', parts }
    reader.at++
    const part = token.startsWith('(') ? readAlternatives(reader) : single(token)
    const times = /^(?:[*+?]|\{(\d+)(,?)(\d*)\})\??$/u.exec(reader.tokens[reader.at] ?? '')
    if (times) reader.at++
    if (part) parts.push(times ? { kind: 'repeat', body: part, ...timesOf(times) } : part)
  }
}

function single(token: string): PatternTree | undefined {
  if (token === '^') return { kind: 'start' }
  return token === '$' || token === '\\b' || token === '\\B' ? undefined : { kind: 'atom', source: token }
}

function timesOf([text, least = '', comma, most]: RegExpExecArray): { min: number; max: number } {
  const symbol = text[0]
  if (symbol === '*' || symbol === '+') return { min: symbol === '+' ? 1 : 0, max: Number.POSITIVE_INFINITY }
  if (symbol === '?') return { min: 0, max: 1 }
  const min = Number(least)
  if (!comma) return { min, max: min }
  return { min, max: most ? Number(most) : Number.POSITIVE_INFINITY }
}
