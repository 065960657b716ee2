import type { Backend } from '../../kernel/backend.ts'
import type { CatalogState, Price } from '../../kernel/catalog-state.ts'
import { nearest } from '../../kernel/schema/nearest.ts'
import { contractsOf, type LimitOwner, ownersOf } from './limit-owners.ts'

const notesMax = 20

/**
 * What is no fault and yet likely not meant: prices that no version uses, or in another unit, and versions whose calls have none, so that
 * no budget counts them.
 */
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
  const budgets = ownersOf(state, contractsOf(state)).filter(({ limits }) => limits?.budget)
  // Written only as far as they are told: to look for what was meant takes its time.
  const notes = [
    ...Object.keys(prices).flatMap((name) => (used.has(name) ? [] : [() => unusedNote(name, [...used])])),
    ...Object.entries(prices).flatMap(([name, dated]) => dated.flatMap((price) => oddUnit(name, price))),
    ...[...unpriced].map(
      ([model, found]) =>
        () =>
          unpricedNote(model, found, budgets),
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
  /** "spam@v1" */
  readonly contract: string
  readonly id: string
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
        return [{ contract: `${model}@v${major}`, id, retired: retired !== undefined, upstreamModel }]
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

function unpricedNote(
  upstreamModel: string,
  versions: readonly PricedVersion[],
  budgets: readonly LimitOwner[],
): string {
  const [first] = versions
  const others = versions.length - 1
  const more = others === 0 ? '' : ` and ${others} more ${others === 1 ? 'version' : 'versions'}`
  const budget = budgets.find((owner) => versions.some((version) => covers(owner, version)))
  const uncounted = budget === undefined ? '' : `, and no budget counts them (${budget.name} has one)`
  return `calls of ${first?.contract}/${first?.id}${more} are unpriced: there is no price for ${upstreamModel} (0 is a price too)${uncounted}`
}

function covers({ of, version }: LimitOwner, { contract, id }: PricedVersion): boolean {
  return of.some(({ name }) => name === contract) && (version === undefined || version === id)
}

/**
 * USD per million: the cheapest embeddings cost 0.01, the dearest answers 600. Of items there is no most, as each can be a picture for
 * some cents.
 */
const usual = { least: 0.001, most: 1000 }

/** Per token or per thousand, prices would make budgets a million or a thousand times too loose, and nobody would see it. */
function oddUnit(name: string, { from, items, ...tokens }: Price): readonly (() => string)[] {
  const odd = Object.entries({ ...tokens, items }).filter(
    ([kind, usd = 0]) => (usd > 0 && usd < usual.least) || (usd > usual.most && kind !== 'items'),
  )
  if (odd.length === 0) return []
  const written = odd.map(([kind, usd]) => `${kind} ${usd}`).join(', ')
  return [
    () =>
      `prices.${name} from ${from}: ${written}: prices are USD per million tokens or items, and this looks like another unit`,
  ]
}
