import type { Endpoint, Fact } from './member.ts'

/** The addresses that any version has, or whose health is known to be bad, each with the groups that it belongs to. */
export function knownEndpoints<Group>() {
  const known = new Map<string, KnownEndpoint<Group>>()
  const get = (backend: string, address: string): KnownEndpoint<Group> => {
    const key = keyOf(backend, address)
    const present = known.get(key)
    if (present) return present
    const made = { endpoint: { backend, address, down: undefined }, groups: new Set<Group>() }
    known.set(key, made)
    return made
  }
  const drop = ({ backend, address }: Endpoint) => known.delete(keyOf(backend, address))

  return {
    join(backend: string, address: string, group: Group): Endpoint {
      const { endpoint, groups } = get(backend, address)
      groups.add(group)
      return endpoint
    },
    /** True when it was the last group that had the endpoint: it is forgotten, its health included. */
    leave(endpoint: Endpoint, group: Group): boolean {
      const { groups } = get(endpoint.backend, endpoint.address)
      groups.delete(group)
      return groups.size === 0 && drop(endpoint)
    },
    /** The groups that this concerns: none where it changes nothing. */
    setHealth(backend: string, address: string, down: Fact | undefined): KnownEndpoint<Group> {
      const { endpoint, groups } = get(backend, address)
      const same = down === undefined && endpoint.down === undefined
      endpoint.down = down && { reason: down.reason, at: endpoint.down?.at ?? down.at }
      if (!down && groups.size === 0) drop(endpoint)
      return { endpoint, groups: same ? new Set() : groups }
    },
  }
}

interface KnownEndpoint<Group> {
  readonly endpoint: Endpoint
  readonly groups: Set<Group>
}

function keyOf(backend: string, address: string): string {
  return `${backend} ${address}`
}
