import { createHash } from 'node:crypto'
import {
  type CaseSet,
  type CaseSetStore,
  type CaseSets,
  type ReadSet,
  type StoredSet,
  setBytesMax,
} from '../../kernel/case-set.ts'
import type { Catalog } from '../../kernel/catalog.ts'
import type { Clock } from '../../kernel/clock.ts'
import { contractName } from '../../kernel/contract-name.ts'
import { AstraError } from '../../kernel/errors.ts'
import { nearest } from '../../kernel/schema/nearest.ts'
import { casesOf, inTurns, lineOf, type WrittenCase } from './case-lines.ts'

export interface CaseSetPorts {
  readonly store: CaseSetStore
  readonly clock: Pick<Clock, 'now'>
  readonly catalog: () => Catalog
}

/** The sets of cases, as management changes them. */
export interface CaseSetControl extends CaseSets {
  /** The same cases again are no change. Rejects with `invalid_input`, or with `conflict` where there are too many sets. */
  put(name: string, cases: readonly WrittenCase[], actor: string): Promise<CaseSet>
  /** Cases from a number (0 is the first) on. Rejects with `unknown_set`. */
  page(name: string, from: number, limit: number): Promise<ReadSet>
  /** Rejects with `unknown_set`, or with `conflict` while a gate names it. */
  remove(name: string): Promise<void>
}

export function createCaseSets({ store, clock, catalog }: CaseSetPorts): CaseSetControl {
  const list = () => store.list()
  const unknown = async (name: string) => {
    const known = (await list()).map((set) => set.name)
    const meant = nearest(name, known)
    const next = meant === undefined ? {} : { next: `Did you mean "${meant}"?` }
    return new AstraError('unknown_set', { detail: `There is no set "${name}"`, ...next })
  }
  return {
    list,
    async put(name, cases, actor) {
      requireDistinct(cases)
      const { lines, ...counts } = await linesOf(cases)
      const known = (await list()).find((set) => set.name === name)
      if (known?.digest === counts.digest) return known
      const set = { name, ...counts, time: clock.now(), by: actor }
      await store.put(set, lines)
      return set
    },
    async cases(name) {
      const stored = await store.lines({ name, from: 0 })
      return stored && (await read(stored, 0))
    },
    async page(name, from, limit) {
      const stored = await store.lines({ name, from, limit })
      if (!stored) throw await unknown(name)
      return await read(stored, from)
    },
    async remove(name) {
      const [gate] = gatesOn(name, catalog())
      if (gate !== undefined) {
        throw new AstraError('conflict', {
          detail: `A gate of ${gate} is on the set "${name}"`,
          next: 'Take the gate out of the manifest and apply it, then delete the set.',
        })
      }
      if (!(await store.remove(name))) throw await unknown(name)
    },
  }
}

async function read({ set, lines }: StoredSet, from: number): Promise<ReadSet> {
  return { set, cases: await casesOf(lines, from + 1) }
}

async function linesOf(cases: readonly WrittenCase[]) {
  const lines: string[] = []
  const digest = createHash('sha256')
  const turn = inTurns()
  let bytes = 0
  for (const one of cases) {
    const line = lineOf(one)
    const text = lines.length === 0 ? line : `\n${line}`
    lines.push(line)
    digest.update(text)
    bytes += Buffer.byteLength(text)
    await turn(text.length)
  }
  if (bytes > setBytesMax) {
    const detail = `The cases come to ${bytes} bytes; a set holds at most ${setBytesMax}`
    throw new AstraError('invalid_input', { detail, next: 'Put fewer cases, or several sets.' })
  }
  const expected = cases.filter((one) => one.expected !== undefined).length
  return { lines, digest: `sha256:${digest.digest('hex')}`, cases: cases.length, expected, bytes }
}

function requireDistinct(cases: readonly WrittenCase[]): void {
  const ids = new Set<string>()
  const violations = cases.flatMap(({ id }, i) => {
    const known = id ?? String(i + 1)
    if (ids.has(known)) return [{ path: `/cases/${i}/id`, message: `stands in the set twice: "${known}"` }]
    ids.add(known)
    return []
  })
  if (violations.length === 0) return
  const detail = 'Two cases have the same id'
  throw new AstraError('invalid_input', { detail, violations: violations.slice(0, 100) })
}

/** Contracts with a gate on the set. */
function gatesOn(name: string, { state }: Catalog): readonly string[] {
  return Object.entries(state.models).flatMap(([model, { contracts }]) =>
    Object.entries(contracts).flatMap(([major, { gates = [] }]) =>
      gates.some(({ data }) => data === name) ? [contractName(model, major)] : [],
    ),
  )
}
