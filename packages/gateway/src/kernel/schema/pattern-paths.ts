import { overlapsOf } from './pattern-overlaps.ts'
import type { PatternTree } from './pattern-syntax.ts'

/**
 * A pattern as the automaton of its positions (Glushkov 1961): which atom can come after which, and in how many ways. Ways
 * are counted, not merged, because a backtracking matcher tries each of them. Position 0 is the start.
 */
export function pathsOf(tree: PatternTree, pattern: string): Paths {
  const building: Building = { atoms: [''], next: [new Map()] }
  const piece = build(tree, building)
  link(building, new Map([[0, 1]]), piece.first)
  const { atoms, next } = building
  const reach = next.map((_, at) => reachable(next, at))
  const overlaps = overlapsOf(atoms, pattern)
  return atoms.map((_, at) => ({
    next: [...(next[at] ?? [])].map(([to, ways]) => ({ to, ways, overlaps: overlaps[to] ?? new Set() })),
    loop: new Set([...(reach[at] ?? [])].filter((to) => reach[to]?.has(at))),
    repeats: reach[at]?.has(at) ?? false,
    ends: at === 0 ? piece.empty : (piece.last.get(at) ?? 0),
  }))
}

export type Paths = readonly Position[]

export interface Position {
  readonly next: readonly Step[]
  /** The positions that lie with it on one cycle. */
  readonly loop: ReadonlySet<number>
  readonly repeats: boolean
  /** In how many ways the pattern may end here. */
  readonly ends: number
}

interface Step {
  readonly to: number
  readonly ways: number
  /** All positions that can take a character that `to` takes, itself included. */
  readonly overlaps: ReadonlySet<number>
}

type Ways = Map<number, number>

interface Building {
  readonly atoms: string[]
  readonly next: Ways[]
}

/** What a part of the pattern looks like from outside; `empty` = in how many ways it takes no character at all. */
interface Piece {
  readonly first: Ways
  readonly last: Ways
  readonly empty: number
}

/** Beyond so many positions a counted repetition is taken for an unbounded one, which allows no less. */
const positionsMax = 300
const nothing: Piece = { first: new Map(), last: new Map(), empty: 1 }

function build(tree: PatternTree, into: Building): Piece {
  switch (tree.kind) {
    case 'start':
      return nothing
    case 'atom': {
      const at = into.atoms.push(tree.source) - 1
      into.next.push(new Map())
      return { first: new Map([[at, 1]]), last: new Map([[at, 1]]), empty: 0 }
    }
    case 'chain':
      return tree.parts.reduce((piece, part) => chain(into, piece, build(part, into)), nothing)
    case 'either': {
      const pieces = tree.branches.map((branch) => build(branch, into))
      const empty = pieces.reduce((sum, piece) => sum + piece.empty, 0)
      return { first: sum(pieces.map(({ first }) => first)), last: sum(pieces.map(({ last }) => last)), empty }
    }
    case 'repeat':
      return repeat(tree.body, tree.min, tree.max, into)
  }
}

function repeat(body: PatternTree, min: number, max: number, into: Building): Piece {
  if (max === 0) return nothing
  if (size(body) === 0) return { ...nothing, empty: min === 0 ? 1 : build(body, into).empty ** min }
  const unbounded = max === Number.POSITIVE_INFINITY || into.atoms.length + max * size(body) > positionsMax
  if (min > 1 && into.atoms.length + min * size(body) <= positionsMax) {
    return chain(into, build(body, into), repeat(body, min - 1, max - 1, into))
  }
  const piece = build(body, into)
  if (unbounded && min > 0 && piece.empty > 0) {
    // Rounds that must be made may each take nothing, in any order: past counting, unless it is one round.
    return min > 1 ? { ...piece, empty: Number.POSITIVE_INFINITY } : chain(into, piece, repeat(body, 0, max, into))
  }
  if (unbounded) {
    link(into, piece.last, piece.first)
    return min > 0 ? piece : { ...piece, empty: 1 }
  }
  const all = max > 1 ? chain(into, piece, repeat(body, min - 1, max - 1, into)) : piece
  // A round of an optional repetition that takes nothing is given up (ECMA-262, RepeatMatcher), so one empty way is left.
  return min > 0 ? all : { ...all, empty: 1 }
}

function size(tree: PatternTree): number {
  if (tree.kind === 'chain') return tree.parts.reduce((sum, part) => sum + size(part), 0)
  if (tree.kind === 'either') return tree.branches.reduce((sum, branch) => sum + size(branch), 0)
  if (tree.kind === 'repeat') {
    const copies = tree.max === Number.POSITIVE_INFINITY ? Math.max(1, tree.min) : tree.max
    return Math.min(size(tree.body) * copies, positionsMax + 1)
  }
  return tree.kind === 'atom' ? 1 : 0
}

function chain(into: Building, a: Piece, b: Piece): Piece {
  link(into, a.last, b.first)
  return {
    first: sum([a.first, times(b.first, a.empty)]),
    last: sum([b.last, times(a.last, b.empty)]),
    empty: a.empty === 0 || b.empty === 0 ? 0 : a.empty * b.empty,
  }
}

function link({ next }: Building, from: Ways, to: Ways) {
  for (const [a, waysOut] of from) {
    for (const [b, waysIn] of to) next[a]?.set(b, (next[a].get(b) ?? 0) + waysOut * waysIn)
  }
}

function sum(all: readonly Ways[]): Ways {
  const total: Ways = new Map()
  for (const ways of all) for (const [at, n] of ways) total.set(at, (total.get(at) ?? 0) + n)
  return total
}

function times(ways: Ways, factor: number): Ways {
  return factor === 0 ? new Map() : new Map([...ways].map(([at, n]) => [at, n * factor]))
}

function reachable(next: readonly Ways[], from: number): Set<number> {
  const seen = new Set<number>()
  const waiting = [from]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for (const to of next[at]?.keys() ?? []) {
      if (!seen.has(to)) waiting.push(to)
      seen.add(to)
    }
  }
  return seen
}
