import { type Paths, type Position, pathsOf } from './pattern-paths.ts'
import { parsePattern } from './pattern-syntax.ts'

/**
 * Why a pattern may not stand in a contract; undefined when it may. V8 matches by backtracking, so that a pattern with two
 * ways to read one text can take exponential time, on the thread that serves every call. Therefore a pattern must leave
 * the matcher no choice where it repeats: its time is then linear in the text's length.
 */
export function patternFault(pattern: string): PatternFault | undefined {
  if (pattern.length > charactersMax) return { message: `must have at most ${charactersMax} characters` }
  try {
    new RegExp(pattern, 'u')
  } catch (error) {
    return { message: `is not a regular expression: ${String(error).replace(/^.*: /, '')}` }
  }
  const syntax = parsePattern(pattern)
  if (!syntax) {
    return { message: 'uses a look-around, a back-reference or a flag, which are not allowed here' }
  }
  const paths = pathsOf(syntax.tree, pattern)
  if (!syntax.anchored && paths.some(({ repeats }) => repeats)) {
    return {
      message: 'repeats without being tied to the start, and would be tried from every character of a text',
      suggestion: 'Begin it with "^".',
    }
  }
  return ambiguous(paths) ? slow : undefined
}

/** The test that goes with a pattern, the same for every reader. A text so long that the matcher gives up does not match. */
export function patternTest(pattern: string): (text: string) => boolean {
  const expression = new RegExp(pattern, 'u')
  return (text) => {
    try {
      return expression.test(text)
    } catch {
      return false
    }
  }
}

export interface PatternFault {
  readonly message: string
  readonly suggestion?: string
}

const charactersMax = 256
/** How many readings of one text may be tried where nothing repeats, as in "(cat|car)". */
const readingsMax = 100

const slow: PatternFault = {
  message: 'can be read in many ways for one text, and may take very long to match',
  suggestion: 'Let no two parts that can follow each other begin with the same character where one of them repeats.',
}

/** Whether one character may lead on in two ways within a cycle, or some text has too many readings outside of cycles. */
function ambiguous(paths: Paths): boolean {
  const known = new Map<number, number>()
  const readings = (at: number): number => {
    const before = known.get(at)
    if (before !== undefined) return before
    const cycle = [at, ...(paths[at]?.loop ?? [])]
    const most = Math.max(...cycle.map((member) => readingsFrom(paths[member], readings)))
    known.set(at, most)
    return most
  }
  return paths.some((_, at) => readings(at) > readingsMax)
}

function readingsFrom(position: Position | undefined, readings: (at: number) => number): number {
  if (!position) return 1
  const { next, loop, ends } = position
  const each = next.map(({ overlaps }) => {
    const alike = next.filter(({ to }) => overlaps.has(to))
    const ways = alike.reduce((sum, { ways }) => sum + ways, 0)
    if (ways > 1 && alike.some(({ to }) => loop.has(to))) return Number.POSITIVE_INFINITY
    return alike.reduce((sum, { to, ways }) => sum + ways * (loop.has(to) ? 1 : readings(to)), 0)
  })
  return Math.max(1, ends, ...each)
}
