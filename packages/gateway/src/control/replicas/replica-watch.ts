import { isDeepStrictEqual } from 'node:util'
import type { Backend } from '../../kernel/backend.ts'
import type { Catalog } from '../../kernel/catalog.ts'
import type { VersionState } from '../../kernel/catalog-state.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { ReplicaFleet, ReplicaMember } from '../../kernel/replicas.ts'
import { replicaName } from '../manifest/replica-address.ts'
import { createGate } from './gate.ts'
import { type Later, later, within } from './later.ts'
import { liveVersions } from './live-versions.ts'
import type { ReplicaNames } from './replica-names.ts'
import type { Trust } from './seal-watch.ts'
import type { WatchLog, WatchPorts } from './watch-ports.ts'
import { type WatchedAddress, watchAddress } from './watched-address.ts'

/**
 * Watches over every replica and tells the fleet: who serves a version, by its list and by the names in it; who is well, by
 * probes; and who serves other files than those applied. One timer per address and one per name, however many versions there are.
 */
export interface ReplicaWatch {
  /**
   * The catalog that is active from now on. Resolves when each address that is new was looked at, or after 2 s. At the start nothing
   * is taken on trust: no replica serves a version before it was found to be what was applied.
   */
  follow(catalog: Catalog): Promise<void>
  /** The process at this address began anew: its files may be others. */
  reappeared(address: string): void
  /** Looks at this address; resolves when that is over, and no version is being verified there. */
  verified(address: string): Promise<void>
  close(): void
}

export interface ReplicaWatchPorts {
  readonly fleet: ReplicaFleet
  readonly backends: ReadonlyMap<string, Backend>
  readonly names: ReplicaNames
  readonly clock: Pick<Clock, 'elapsed'>
  readonly log: WatchLog
  readonly later?: Later
  readonly random?: () => number
}

const probesMax = 32
const inspectionsMax = 16
const firstLookMs = 2000

/** A live version of a remote backend. */
interface Followed {
  readonly backend: Backend
  state: VersionState
  members: readonly ReplicaMember[]
}

export function createReplicaWatch(ports: ReplicaWatchPorts): ReplicaWatch {
  const { fleet, backends, names } = ports
  const shared: WatchPorts = {
    later,
    random: Math.random,
    probing: createGate(probesMax),
    verifying: createGate(inspectionsMax),
    ...ports,
  }
  const followed = new Map<string, Followed>()
  const addresses = new Map<string, { readonly address: string; readonly watched: WatchedAddress }>()
  /** Every version of the catalog that takes calls, those that run in the gateway too. */
  let live: ReadonlySet<string> = new Set()
  const looking = new Set<Promise<void>>()
  /** Until the first looks are over, so that those found to be well are there together from the beginning. */
  let held = true

  const watchedAt = ({ backend, address }: ReplicaMember) => addresses.get(placeKey(backend, address))?.watched

  /** Makes a version's members those that its entries stand for now. Gives the addresses that are to be looked at. */
  const arrange = (version: string, entry: Followed, trustOf: (source: string) => Trust): readonly WatchedAddress[] => {
    const members = membersOf(entry, names)
    const before = new Set(entry.members.map(({ address }) => address))
    const now = new Set(members.map(({ address }) => address))
    const gone = entry.members.filter(({ address }) => !now.has(address))
    const joined = members.filter(({ address }) => !before.has(address))
    const same = isDeepStrictEqual(members, entry.members)
    entry.members = members
    for (const member of gone) leave(version, member)
    const joining = joined.flatMap((member) => {
      const trust = trustOf(member.source)
      const watched = join(entry.backend, member.address, trust)
      watched.seals.join(version, entry.state, trust)
      return trust === 'inspected' ? [] : [watched]
    })
    // Only now, so that no attempt comes between a member and its bar.
    if (!held && !same) fleet.setMembers(version, members)
    return joining
  }

  const join = (backend: Backend, address: string, trust: Trust): WatchedAddress => {
    const key = placeKey(backend.name, address)
    const known = addresses.get(key)
    if (known) return known.watched
    const watched = watchAddress(backend, address, trust !== 'none', shared)
    addresses.set(key, { address, watched })
    return watched
  }

  const at = (address: string) => [...addresses.values()].filter((place) => place.address === address)

  const leave = (version: string, member: ReplicaMember) => {
    const watched = watchedAt(member)
    watched?.seals.leave(version)
    if (watched?.seals.size !== 0) return
    watched.close()
    addresses.delete(placeKey(member.backend, member.address))
  }

  const drop = (version: string) => {
    for (const member of followed.get(version)?.members ?? []) leave(version, member)
    followed.delete(version)
    fleet.setMembers(version, [])
  }

  const lookAt = (watched: WatchedAddress) => {
    const look: Promise<void> = watched.look().finally(() => looking.delete(look))
    looking.add(look)
  }

  names.onChange((host) => {
    for (const [version, entry] of followed) {
      if (!entry.state.replicas.some((one) => replicaName(one)?.host === host)) continue
      arrange(version, entry, () => 'none').forEach(lookAt)
    }
  })
  fleet.onSuspicion((backend, address) => addresses.get(placeKey(backend, address))?.watched.suspect())
  fleet.onDrained((backend, address) => {
    if (!addresses.has(placeKey(backend, address))) backends.get(backend)?.release?.(address)
  })

  return {
    async follow({ state }) {
      // Plan inspected the addresses that a change names; of a name's addresses it may have seen others.
      const trustOf = (source: string): Trust => (held ? 'none' : replicaName(source) ? 'likely' : 'inspected')
      const versions = liveVersions(state)
      for (const version of live) if (!versions.has(version)) drop(version)
      live = new Set(versions.keys())
      const named = names.keep([...versions.values()].flatMap(({ state }) => state.replicas))
      for (const [version, { state }] of versions) {
        const backend = backends.get(state.backend)
        if (!backend || state.replicas.length === 0) continue
        const known = followed.get(version)
        // One that upstream gives a digest of only now is held to it from now on.
        if (known && known.state.digest !== state.digest) drop(version)
        const entry = followed.get(version) ?? { backend, state, members: [] }
        entry.state = state
        followed.set(version, entry)
        const renewed = entry.members.flatMap((member) => {
          const watched = watchedAt(member)
          return watched?.seals.renew(version, state) ? [watched] : []
        })
        new Set([...renewed, ...arrange(version, entry, trustOf)]).forEach(lookAt)
      }
      await within(firstLookMs, shared.later, async () => {
        await named
        await Promise.all(looking)
      }).catch(() => undefined)
      if (!held) return
      held = false
      for (const [version, { members }] of followed) if (members.length > 0) fleet.setMembers(version, members)
    },
    reappeared(address) {
      for (const { watched } of at(address)) {
        watched.seals.doubt(0)
        void watched.look()
      }
    },
    async verified(address) {
      await Promise.all(
        at(address).map(async ({ watched }) => {
          await watched.look()
          await watched.seals.verify()
        }),
      )
    },
    close() {
      names.close()
      for (const { watched } of addresses.values()) watched.close()
    },
  }
}

/** Two entries may stand for one address: it is one member. */
function membersOf({ backend, state }: Followed, names: ReplicaNames): readonly ReplicaMember[] {
  const members = new Map<string, ReplicaMember>()
  for (const source of state.replicas) {
    for (const address of names.known(source)) {
      if (!members.has(address)) members.set(address, { backend: backend.name, address, source })
    }
  }
  return [...members.values()]
}

/** No backend's name holds a blank. */
function placeKey(backend: string, address: string): string {
  return `${backend} ${address}`
}
