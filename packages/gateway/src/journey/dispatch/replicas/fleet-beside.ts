import { type Catalog, type Version, versionKey } from '../../../kernel/catalog.ts'
import { createFleet, type Fleet, type FleetPorts } from './fleet.ts'
import type { ReplicaGroup } from './group.ts'

/** Who is asked for a version. */
export type Groups = Pick<Fleet, 'groupOf'>

export interface BesidePorts extends FleetPorts {
  /** The addresses that an entry stands for, as last known: itself, where it is no name. */
  readonly addresses: (entry: string) => readonly string[]
}

/**
 * The fleet for calls that see a catalog which is not active. A version that the fleet knows nothing of, as it is not deployed, has
 * replicas of its own here: nobody watches them, and they are forgotten with their catalog.
 */
export function fleetsBeside(fleet: Fleet, ports: BesidePorts): (catalog: Catalog) => Groups {
  const made = new WeakMap<Catalog, Groups>()
  return (catalog) => {
    const known = made.get(catalog)
    if (known) return known
    const own = createFleet(ports)
    const groupOf = (version: Version): ReplicaGroup => {
      const { contract, id, state } = version
      const key = versionKey(contract.model, contract.major, id)
      if (fleet.status(key).length > 0) return fleet.groupOf(version)
      if (own.status(key).length === 0 && state.replicas.length > 0) own.setMembers(key, membersOf(version, ports))
      return own.groupOf(version)
    }
    const groups = { groupOf }
    made.set(catalog, groups)
    return groups
  }
}

function membersOf({ state: { backend, replicas } }: Version, { addresses }: BesidePorts) {
  return replicas.flatMap((source) => addresses(source).map((address) => ({ backend, address, source })))
}
