import { type Catalog, type Model, type Version, versionKey } from '../../kernel/catalog.ts'
import type { ConsumerState, TeamState } from '../../kernel/catalog-state.ts'
import type { Bound, Counted, LimitKind, LimitOwner, Limits, Rate } from '../../kernel/limits.ts'
import type { AssignedCall } from '../assign/assign.ts'
import { amountAt, settled } from './amounts.ts'
import { type Period, type Periods, periodsAt } from './period.ts'

/** One bound of one owner. */
export interface OwnedBound {
  readonly owner: LimitOwner
  readonly kind: LimitKind
  /** The amount of its interval, the most at once, or USD. */
  readonly limit: number
  /** Of a rate, the most at once, where that is another. */
  readonly burst?: number
  /** What its counter is asked. `leaseMs`: for so long a place in flight may be held. */
  counted(periods: Periods, leaseMs: number): Counted
  /** Of a rate or a budget, ms. */
  windowMs(at: number): number | undefined
}

const none: readonly OwnedBound[] = []

/** What owners are known by: compiled once for each, and forgotten with it. */
const compiled = new WeakMap<object, { readonly name: string; readonly bounds: readonly OwnedBound[] }>()

/** A key, as far as its bounds go. */
interface BoundKey {
  readonly countsAs?: string
  readonly limits?: Limits
}

/** An owner as the catalog, or the keyring, has it. */
type Holder = BoundKey | ConsumerState | TeamState | Model | Version['state']

/** Every bound that the call must keep, from its narrowest owner to the widest. Empty, at the cost of a few looks, where there is none. */
export function limitsOf({ call, caller, catalog, model, version }: AssignedCall): readonly OwnedBound[] {
  // A copy uses up nothing that those who are served would miss: only its own consumer's.
  if (call.role !== undefined) {
    return boundsOfAll(caller, caller.keyId, caller.consumer, caller.team, undefined, undefined, catalog)
  }
  return boundsOfAll(caller, caller.keyId, caller.consumer, caller.team, model, version, catalog)
}

/** The same by names, for who asks what would apply. What is left out, or not known, adds nothing. */
export function limitsOfOwners(
  owners: {
    readonly key?: BoundKey & { readonly id: string }
    readonly consumer?: string
    readonly team?: string
    readonly model?: string
    readonly version?: Version
  },
  catalog: Catalog,
): readonly OwnedBound[] {
  const { key, consumer, team, model, version } = owners
  const named = model === undefined ? undefined : catalog.model(model)
  return boundsOfAll(key, key?.id ?? '', consumer, team, named, version, catalog)
}

/** The one list of whose bounds count, in their order. `ownTeam`: in place of the consumer's. */
function boundsOfAll(
  key: BoundKey | undefined,
  keyId: string,
  consumerName: string | undefined,
  ownTeam: string | undefined,
  model: Model | undefined,
  version: Version | undefined,
  catalog: Catalog,
): readonly OwnedBound[] {
  const consumer = consumerName === undefined ? undefined : catalog.consumer(consumerName)
  const teamName = ownTeam ?? consumer?.team
  const team = teamName === undefined ? undefined : catalog.team(teamName)
  let all = key ? boundsOf('key', key.countsAs ?? keyId, key, key.limits) : none
  all = joined(all, consumer && boundsOf('consumer', consumerName ?? '', consumer, consumer.limits))
  all = joined(all, team && boundsOf('team', teamName ?? '', team, team.limits))
  all = joined(all, model && boundsOf('model', model.name, model, model.limits))
  const limits = version?.state.limits
  return version && limits ? joined(all, boundsOf('version', nameOf(version), version.state, limits)) : all
}

function nameOf({ id, contract }: Version): string {
  return versionKey(contract.model, contract.major, id)
}

/** Lists that were put together before: the same owners meet in call after call. */
const joins = new WeakMap<readonly OwnedBound[], WeakMap<readonly OwnedBound[], readonly OwnedBound[]>>()

function joined(some: readonly OwnedBound[], more: readonly OwnedBound[] = none): readonly OwnedBound[] {
  if (more.length === 0) return some
  if (some.length === 0) return more
  let known = joins.get(some)
  if (!known) {
    known = new WeakMap()
    joins.set(some, known)
  }
  let both = known.get(more)
  if (!both) {
    both = [...some, ...more]
    known.set(more, both)
  }
  return both
}

function boundsOf(
  kind: LimitOwner['kind'],
  name: string,
  holder: Holder,
  limits: Limits | undefined,
): readonly OwnedBound[] {
  if (!limits) return none
  const known = compiled.get(holder)
  // Two owners that a manifest spells as one object are still two.
  if (known?.name === name) return known.bounds
  const bounds = boundsIn({ kind, name }, limits)
  compiled.set(holder, { name, bounds })
  return bounds
}

/** The bounds of one owner, in the order of `limitKinds`. */
export function boundsIn(owner: LimitOwner, limits: Limits): readonly OwnedBound[] {
  const { requests, items, tokens, concurrent, budget } = limits
  return [
    ...rateBound(owner, 'requests', requests),
    ...rateBound(owner, 'items', items),
    ...rateBound(owner, 'tokens', tokens),
    ...(concurrent === undefined ? [] : [concurrentBound(owner, concurrent)]),
    ...budgetBound(owner, 'day', budget?.day),
    ...budgetBound(owner, 'month', budget?.month),
  ]
}

function rateBound(
  owner: LimitOwner,
  kind: 'requests' | 'items' | 'tokens',
  rate: Rate | undefined,
): readonly OwnedBound[] {
  if (!rate) return none
  const { amount: limit, perMs, burst } = rate
  const bound = { type: 'rate', amount: limit, perMs, burst } as const
  const most = burst === limit ? {} : { burst }
  const counted = countedBy(kind, keyOf(owner, kind), bound)
  return [{ owner, kind, limit, ...most, counted: () => counted, windowMs: () => perMs }]
}

function concurrentBound(owner: LimitOwner, max: number): OwnedBound {
  const key = keyOf(owner, 'concurrent')
  return {
    owner,
    kind: 'concurrent',
    limit: max,
    counted: (_periods, leaseMs) => countedBy('concurrent', key, { type: 'concurrent', max, leaseMs }),
    windowMs: () => undefined,
  }
}

function budgetBound(owner: LimitOwner, span: keyof Periods, max: number | undefined): readonly OwnedBound[] {
  if (max === undefined) return none
  const kind = `budget-${span}` as const
  const key = keyOf(owner, kind)
  const during = ({ name, until }: Period) => countedBy(kind, `${key}/${name}`, { type: 'sum', max, until })
  return [
    {
      owner,
      kind,
      limit: max,
      counted: (periods) => during(periods[span]),
      windowMs(at) {
        const { from, until } = periodsAt(at)[span]
        return until - from
      },
    },
  ]
}

function countedBy(kind: LimitKind, key: string, bound: Bound): Counted {
  return { key, bound, of: amountAt[kind], settles: settled.has(kind) }
}

function keyOf({ kind, name }: LimitOwner, limit: LimitKind): string {
  return `${kind}:${name}/${limit}`
}
