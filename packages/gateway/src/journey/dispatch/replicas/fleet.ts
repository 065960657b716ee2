import { type Version, versionKey } from '../../../kernel/catalog.ts'
import type { Clock } from '../../../kernel/clock.ts'
import type { ReplicaFleet, ReplicaMember } from '../../../kernel/replicas.ts'
import { knownEndpoints } from './endpoints.ts'
import { ReplicaGroup } from './group.ts'
import type { Endpoint } from './member.ts'

export interface Fleet extends ReplicaFleet {
  /** The replicas of a version. Where nobody told its members, they are the addresses that the catalog lists. */
  groupOf(version: Version): ReplicaGroup
}

export interface FleetPorts {
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
}

type Listener = (backend: string, address: string) => void

/** Backends that run inside the gateway have one nameless replica, of which there is nothing to tell. */
const inside = 'gateway'

/** A group lives from the first word of its version until `setMembers(version, [])` and the end of its last attempt. */
export function createFleet({ clock, random }: FleetPorts): Fleet {
  const groups = new Map<string, ReplicaGroup>()
  /** So that a call makes no key. */
  const found = new WeakMap<Version, ReplicaGroup>()
  const endpoints = knownEndpoints<ReplicaGroup>()
  const suspicionListeners: Listener[] = []
  const drainedListeners: Listener[] = []
  const tell = (listeners: readonly Listener[], { backend, address }: Endpoint) => {
    if (address !== inside) for (const listener of listeners) listener(backend, address)
  }

  const group = (key: string): ReplicaGroup => {
    const known = groups.get(key)
    if (known) return known
    const made = new ReplicaGroup(random, {
      suspicious: (endpoint) => tell(suspicionListeners, endpoint),
      left(endpoint) {
        if (made.isEmpty) groups.delete(key)
        if (endpoints.leave(endpoint, made)) tell(drainedListeners, endpoint)
      },
    })
    groups.set(key, made)
    return made
  }

  const fill = (key: string, members: readonly ReplicaMember[]): ReplicaGroup => {
    const told = group(key)
    const wanted = new Map<Endpoint, string>()
    for (const { backend, address, source } of members) {
      const endpoint = endpoints.join(backend, address, told)
      if (!wanted.has(endpoint)) wanted.set(endpoint, source)
    }
    told.setMembers(wanted, clock.elapsed())
    return told
  }

  return {
    groupOf(version) {
      const known = found.get(version)
      // An empty one may have been dropped since.
      if (known && !known.isEmpty) return known
      const key = versionKey(version.contract.model, version.contract.major, version.id)
      const present = groups.get(key)
      const answer = present && !present.isEmpty ? present : fill(key, listed(version))
      found.set(version, answer)
      return answer
    },
    setMembers(key, members) {
      if (fill(key, members).isEmpty) groups.delete(key)
    },
    setHealth(backend, address, fault) {
      const now = clock.elapsed()
      const known = endpoints.setHealth(backend, address, fault && { reason: fault.reason, at: now })
      for (const one of [...known.groups]) {
        if (fault) one.wentDown(known.endpoint, fault, now)
        else one.cameBack(known.endpoint, now)
      }
    },
    setBarred(key, address, reason) {
      if (reason !== undefined || groups.has(key)) group(key).setBarred(address, reason, clock.elapsed())
    },
    status: (key) => groups.get(key)?.status(clock) ?? [],
    onSuspicion: (listener) => void suspicionListeners.push(listener),
    onDrained: (listener) => void drainedListeners.push(listener),
  }
}

/** Names are for whoever resolves them. */
function listed({ state: { backend, replicas } }: Version): readonly ReplicaMember[] {
  const addresses = replicas.length === 0 ? [inside] : replicas.filter((entry) => !entry.startsWith('dns+'))
  return addresses.map((address) => ({ backend, address, source: address }))
}
