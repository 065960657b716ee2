import { boundsIn, type OwnedBound } from '../journey/charge/limits-of.ts'
import { periodsAt } from '../journey/charge/period.ts'
import type { Key } from '../kernel/caller.ts'
import { type Catalog, versionKey } from '../kernel/catalog.ts'
import { besideServed } from '../kernel/internal-consumers.ts'
import {
  type Counters,
  type LimitOwner,
  type Limits,
  type OwnerKind,
  ownerKinds,
  type Spent,
  type Taken,
} from '../kernel/limits.ts'
import type { Reports, SpentDimension, SpentRow } from '../kernel/store.ts'

/** Whoever has limits. */
export interface Holder {
  readonly owner: LimitOwner
  readonly limits: Limits | undefined
}

/** The key under whose id the limits of this one count. */
type CountsAs = (keyId: string) => string

interface Account {
  readonly by: readonly SpentDimension[]
  /** Whose spending a row tells, by the name that its limits have. */
  readonly nameOf: (by: SpentRow['by'], countsAs: CountsAs) => string
  /** Whose spending does not count for these. */
  readonly without?: readonly string[]
}

/** How accounting tells what limits counted: a call's key, and the version that it was assigned to, whatever answered. */
const accounts: Readonly<Record<OwnerKind, Account>> = {
  key: { by: ['key'], nameOf: ({ key = '' }, countsAs) => countsAs(key) },
  consumer: { by: ['consumer'], nameOf: ({ consumer = '' }) => consumer },
  team: { by: ['team'], nameOf: ({ team = '' }) => team },
  model: { by: ['model'], nameOf: ({ model = '' }) => model, without: besideServed },
  version: {
    by: ['model', 'major', 'version'],
    nameOf: ({ model = '', major = '', version = '' }) => versionKey(model, major, version),
    without: besideServed,
  },
}

export function holdersIn({ state }: Catalog): readonly Holder[] {
  const { consumers, teams = {}, models } = state
  const named = (kind: OwnerKind, those: Readonly<Record<string, { readonly limits?: Limits }>>): Holder[] =>
    Object.entries(those).map(([name, { limits }]) => ({ owner: { kind, name }, limits }))
  const versions = Object.entries(models).flatMap(([model, { contracts }]) =>
    Object.entries(contracts).flatMap(([major, { versions }]) =>
      Object.entries(versions).map(([id, { limits }]): Holder => {
        return { owner: { kind: 'version', name: versionKey(model, major, id) }, limits }
      }),
    ),
  )
  return [...named('consumer', consumers), ...named('team', teams), ...named('model', models), ...versions]
}

/** Of keys that can still be used. Those that took each other's place count as one. */
export function holdersOf(keys: readonly Key[], now: number): readonly Holder[] {
  const usable = keys.filter(({ revokedAt, expiresAt = Infinity }) => revokedAt === undefined && expiresAt > now)
  return usable.map(({ id, countsAs = id, limits }) => ({ owner: { kind: 'key', name: countsAs }, limits }))
}

/** Budgets of one kind of owner in one period, by their owners' names. */
export interface Budgets {
  readonly kind: OwnerKind
  readonly span: 'day' | 'month'
  readonly bounds: ReadonlyMap<string, OwnedBound>
  /** Those of which something is counted already. */
  readonly begun: ReadonlySet<string>
}

/** So many counters are asked, or filled, by one command: others' calls wait behind it. */
const together = 500

/**
 * All budgets, and of which something is counted: at the start of none, later of those that are not new. A promise only where counters
 * are asked.
 */
export function lookAtBudgets(
  holders: readonly Holder[],
  { counters, now }: { readonly counters: Pick<Counters, 'take'>; readonly now: number },
): readonly Budgets[] | Promise<readonly Budgets[]> {
  const all = budgetsOf(holders)
  const periods = periodsAt(now)
  const asked = all.flatMap(({ bounds }) => [...bounds.values()].map((bound) => bound.counted(periods, 0)))
  const seen = (taken: readonly Taken[]) => {
    const used = taken.flatMap(({ used }) => used)
    let at = 0
    const hasBegun = () => used[at++] !== 0
    return all.map((budgets): Budgets => ({ ...budgets, begun: new Set([...budgets.bounds.keys()].filter(hasBegun)) }))
  }
  const looks = inParts(asked).map((part) => counters.take(part, [], 'look'))
  const known = looks.filter((look): look is Taken => !(look instanceof Promise))
  return known.length === looks.length ? seen(known) : Promise.all(looks).then(seen)
}

/** The same without asking: all as though something were counted of each. */
export function begunBudgets(holders: readonly Holder[]): readonly Budgets[] {
  return budgetsOf(holders).map((budgets) => ({ ...budgets, begun: new Set(budgets.bounds.keys()) }))
}

function budgetsOf(holders: readonly Holder[]): readonly Omit<Budgets, 'begun'>[] {
  const owned = holders.flatMap(({ owner, limits }) => (limits?.budget ? boundsIn(owner, limits) : []))
  const all = ownerKinds.flatMap((kind) =>
    (['day', 'month'] as const).map((span) => {
      const those = owned.filter((bound) => bound.owner.kind === kind && bound.kind === `budget-${span}`)
      return { kind, span, bounds: new Map(those.map((bound) => [bound.owner.name, bound])) }
    }),
  )
  return all.filter(({ bounds }) => bounds.size > 0)
}

interface RestorePorts {
  readonly counters: Pick<Counters, 'restore' | 'raise'>
  readonly reports: Pick<Reports, 'spent'>
  readonly countsAs: CountsAs
  readonly now: number
  readonly failed: (kind: OwnerKind, thrown: unknown) => void
}

/**
 * Gives each budget what was spent in its present day and month, as accounting knows it: to one of which nothing was counted all of that,
 * on top of what came in since. What is counted knows better, as accounting tells a call only once it is over; but it may have missed
 * some (the budget was taken away for a while, or shared counters lost their data), so it is raised to that at least, which counts nothing
 * twice. Rates are not restored: they flow back soon. Where accounting fails for some, the others are restored nevertheless; those that were not are given back.
 */
export async function restoreBudgets(all: readonly Budgets[], ports: RestorePorts): Promise<readonly Budgets[]> {
  const { counters } = ports
  const left: Budgets[] = []
  for (const budgets of all) {
    try {
      const { fresh, begun } = await spentOf(budgets, ports)
      for (const spent of inParts(fresh)) await counters.restore(spent)
      for (const spent of inParts(begun)) await counters.raise(spent)
    } catch (thrown) {
      left.push(budgets)
      ports.failed(budgets.kind, thrown)
    }
  }
  return left
}

async function spentOf(
  { kind, span, bounds, begun }: Budgets,
  { reports, countsAs, now }: RestorePorts,
): Promise<{ readonly fresh: readonly Spent[]; readonly begun: readonly Spent[] }> {
  const periods = periodsAt(now)
  const { from, until } = periods[span]
  const { nameOf, by: owners, ...asked } = accounts[kind]
  const found = new Map<string, Map<string, number>>()
  for (const { by, costUsd } of await reports.spent({ from, to: until, ...asked, by: [...owners, 'writer'] })) {
    const name = nameOf(by, countsAs)
    const ofName = found.get(name) ?? new Map<string, number>()
    const { writer = 'unknown' } = by
    found.set(name, ofName.set(writer, (ofName.get(writer) ?? 0) + costUsd))
  }
  const spent = { fresh: [] as Spent[], begun: [] as Spent[] }
  for (const [name, one] of bounds) {
    const by = found.get(name)
    const { key, bound } = one.counted(periods, 0)
    if (by) spent[begun.has(name) ? 'begun' : 'fresh'].push({ key, bound, by })
  }
  return spent
}

function inParts<One>(all: readonly One[]): readonly (readonly One[])[] {
  return Array.from({ length: Math.ceil(all.length / together) }, (_, n) => all.slice(n * together, (n + 1) * together))
}
