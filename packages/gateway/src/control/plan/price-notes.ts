import type { Backend } from '../../kernel/backend.ts'
import type { CatalogState } from '../../kernel/catalog-state.ts'
import { nearest } from '../../kernel/schema/nearest.ts'

const notesMax = 20

/** What is no fault and yet likely not meant: prices that no version uses, and versions whose calls have none. */
export function priceNotes(state: CatalogState, backends: ReadonlyMap<string, Backend>): readonly string[] {
  const { prices = {} } = state
  const versions = versionsOf(state, backends)
  const used = new Set(versions.map(({ upstreamModel }) => upstreamModel))
  const unpriced = Map.groupBy(
    versions.filter(
      ({ retired, upstreamModel }) => !retired && !Object.hasOwn(prices, upstreamModel) && !isOwn(upstreamModel),
    ),
    ({ upstreamModel }) => upstreamModel,
  )
  // Written only as far as they are told: to look for what was meant takes its time.
  const notes = [
    ...Object.keys(prices).flatMap((name) => (used.has(name) ? [] : [() => unusedNote(name, [...used])])),
    ...[...unpriced].map(
      ([model, [first, ...others]]) =>
        () =>
          unpricedNote(model, first?.name ?? '', others.length),
    ),
  ]
  const told = notes.slice(0, notesMax).map((write) => write())
  const more = notes.length - told.length
  return more > 0 ? [...told, `${more} more notes on prices`] : told
}

/** A model server of one's own: seldom paid by the call. */
function isOwn(upstreamModel: string): boolean {
  return upstreamModel.startsWith('oip/')
}

interface PricedVersion {
  readonly name: string
  readonly retired: boolean
  readonly upstreamModel: string
}

/** Those that run a model which can have a price. */
function versionsOf({ models }: CatalogState, backends: ReadonlyMap<string, Backend>): readonly PricedVersion[] {
  return Object.entries(models).flatMap(([model, { contracts }]) =>
    Object.entries(contracts).flatMap(([major, contract]) =>
      Object.entries(contract.versions).flatMap(([id, { backend, settings, retired }]) => {
        const upstreamModel = backends.get(backend)?.upstreamModel?.(settings)
        if (upstreamModel === undefined) return []
        return [{ name: `${model}@v${major}/${id}`, retired: retired !== undefined, upstreamModel }]
      }),
    ),
  )
}

/** Of a name with too little or too much at an end, no typing slip tells what was meant. */
function unusedNote(name: string, used: readonly string[]): string {
  const meant = nearest(name, used) ?? used.find((one) => one.includes(name) || name.includes(one))
  const advice = meant === undefined ? '' : `; did you mean ${meant}?`
  return `prices.${name}: no version has this upstream model${advice}`
}

function unpricedNote(upstreamModel: string, name: string, others: number): string {
  const more = others === 0 ? '' : ` and ${others} more ${others === 1 ? 'version' : 'versions'}`
  return `calls of ${name}${more} are unpriced: there is no price for ${upstreamModel} (0 is a price too)`
}
