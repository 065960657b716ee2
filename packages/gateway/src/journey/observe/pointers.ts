import { pathKeys } from '../../kernel/schema/facets.ts'

/** What JSON Pointers name below one place, as the keys that lead there; "*" is every entry. */
export type Holes = readonly (readonly string[])[]

const none: Holes = []

/** Those of one side, "/input/…" or "/output/…", from there on. */
export function holesIn(side: 'input' | 'output', pointers: readonly string[]): Holes {
  return holesUnder(pointers.map(pathKeys), side)
}

export function holesUnder(holes: Holes, key: string): Holes {
  if (holes.length === 0) return none
  return holes.filter(([first]) => first === key || first === '*').map((keys) => keys.slice(1))
}

/** Whether the value here is named itself. */
export function isHole(holes: Holes): boolean {
  return holes.some(({ length }) => length === 0)
}
