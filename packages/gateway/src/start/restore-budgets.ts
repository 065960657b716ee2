import { boundsIn, type OwnedBound } from '../journey/charge/limits-of.ts'
import { type Period, periodsAt } from '../journey/charge/period.ts'
import { type Catalog, versionKey } from '../kernel/catalog.ts'
import type { Counters, LimitOwner, Limits, Take, Taken } from '../kernel/limits.ts'
import type { Reports, SpentRow, UsageDimension } from '../kernel/store.ts'

/** Owners whose spending accounting can tell. That of a single key is not among it: its budgets begin anew with the process. */
type Accounted = Exclude<LimitOwner['kind'], 'key'>

interface BudgetOwner {
  readonly owner: LimitOwner
  readonly limits: Limits
}

interface Account {
  readonly by: readonly UsageDimension[]
  readonly owners: (catalog: Catalog) => Iterable<readonly [name: string, limits: Limits | undefined]>
  /** Whose spending a row tells, in the words of `inRows`. */
  readonly nameOf: (row: SpentRow) => string
  /** An owner's name as rows tell it; left out: as it is. */
  readonly inRows?: (owner: string) => string
}

const accounts: Readonly<Record<Accounted, Account>> = {
  consumer: {
    by: ['consumer'],
    owners: ({ state }) => Object.entries(state.consumers).map(([name, { limits }]) => [name, limits]),
    nameOf: ({ by }) => by.consumer ?? '',
  },
  team: {
    by: ['team'],
    owners: ({ state }) => Object.entries(state.teams ?? {}).map(([name, { limits }]) => [name, limits]),
    nameOf: ({ by }) => by.team ?? '',
  },
  model: {
    by: ['model'],
    owners: ({ state }) => Object.entries(state.models).map(([name, { limits }]) => [name, limits]),
    nameOf: ({ by }) => by.model ?? '',
  },
  version: {
    by: ['model', 'version'],
    owners: ({ state }) =>
      Object.entries(state.models).flatMap(([model, { contracts }]) =>
        Object.entries(contracts).flatMap(([major, { versions }]) =>
          Object.entries(versions).map(([id, { limits }]) => [versionKey(model, major, id), limits] as const),
        ),
      ),
    // Rows tell no major: of two versions of a model with the same id each counts as both, rather than as none.
    nameOf: ({ by }) => `${by.model}/${by.version}`,
    inRows: (owner) => owner.replace(/@v\d+/, ''),
  },
}

/** Budgets of one kind of owner in one period, by their owners' names. */
export interface FreshBudgets {
  readonly kind: Accounted
  readonly span: 'day' | 'month'
  readonly bounds: ReadonlyMap<string, OwnedBound>
}

/**
 * The budgets of which nothing is counted yet: at the start all of them, later those that are new. What is counted knows better than
 * accounting, which tells a call by the version that served it, and only once it is over. A promise only where counters are asked.
 */
export function freshBudgets(
  catalog: Catalog,
  { counters, now }: { readonly counters: Pick<Counters, 'take'>; readonly now: number },
): readonly FreshBudgets[] | Promise<readonly FreshBudgets[]> {
  const all = budgetsIn(catalog)
  const takes = all.flatMap(({ bounds }) => [...bounds.values()].map((bound) => bound.take(0, now, 0)))
  if (takes.length === 0) return []
  const fresh = ({ states }: Taken) => {
    let at = 0
    const isFresh = () => states[at++]?.resetMs === 0
    return all.map(({ bounds, ...of }) => ({ ...of, bounds: new Map([...bounds].filter(isFresh)) }))
  }
  const taken = counters.take(takes, 'look')
  return taken instanceof Promise ? taken.then(fresh) : fresh(taken)
}

function budgetsIn(catalog: Catalog): readonly FreshBudgets[] {
  return (Object.entries(accounts) as [Accounted, Account][]).flatMap(([kind, account]) => {
    const owners = budgetOwners(kind, account.owners(catalog))
    return (['day', 'month'] as const).map((span) => {
      const bounds = new Map(owners.flatMap((owner) => budgetBounds(owner, `budget-${span}`)))
      return { kind, span, bounds }
    })
  })
}

/**
 * Adds what was spent of each budget in its present day and month, as accounting knows it. Rates are not restored: they flow back soon.
 * Where accounting fails for one, the others are restored nevertheless.
 */
export async function restoreBudgets(
  fresh: readonly FreshBudgets[],
  { counters, reports, now, failed }: RestorePorts,
): Promise<void> {
  for (const { kind, span, bounds } of fresh) {
    if (bounds.size === 0) continue
    const account = accounts[kind]
    try {
      await counters.restore(takesOf(await spentIn(periodsAt(now)[span], account, reports), bounds, account, now))
    } catch (thrown) {
      failed(kind, thrown)
    }
  }
}

interface RestorePorts {
  readonly counters: Pick<Counters, 'restore'>
  readonly reports: Pick<Reports, 'spent'>
  readonly now: number
  readonly failed: (kind: LimitOwner['kind'], thrown: unknown) => void
}

function budgetOwners(
  kind: Accounted,
  owners: Iterable<readonly [name: string, limits: Limits | undefined]>,
): readonly BudgetOwner[] {
  return [...owners].flatMap(([name, limits]) => (limits?.budget ? [{ owner: { kind, name }, limits }] : []))
}

function budgetBounds(
  { owner, limits }: BudgetOwner,
  kind: OwnedBound['kind'],
): readonly (readonly [name: string, bound: OwnedBound])[] {
  return boundsIn(owner, limits).flatMap((bound) => (bound.kind === kind ? [[owner.name, bound] as const] : []))
}

/** USD by owner. */
async function spentIn(
  { from, until }: Period,
  { by, nameOf }: Account,
  reports: Pick<Reports, 'spent'>,
): Promise<ReadonlyMap<string, number>> {
  const spent = new Map<string, number>()
  for (const row of await reports.spent({ from, to: until, by })) {
    const name = nameOf(row)
    spent.set(name, (spent.get(name) ?? 0) + row.costUsd)
  }
  return spent
}

function takesOf(
  spent: ReadonlyMap<string, number>,
  bounds: ReadonlyMap<string, OwnedBound>,
  { inRows }: Account,
  now: number,
): readonly Take[] {
  return [...bounds].flatMap(([name, bound]) => {
    const amount = spent.get(inRows?.(name) ?? name) ?? 0
    return amount > 0 ? [bound.take(amount, now, 0)] : []
  })
}
