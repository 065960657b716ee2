import type { ReplicaFleet, ReplicaMember } from '../../../kernel/replicas.ts'

/** A fleet that keeps what it is told, for tests. */
export function fakeFleet() {
  const members = new Map<string, readonly ReplicaMember[]>()
  const down = new Map<string, string>()
  /** Of those that are down: whose attempts in flight are given up. */
  const silent = new Set<string>()
  const barred = new Map<string, string>()
  const told: string[] = []
  let suspect: (backend: string, address: string) => void = () => {}
  let drained: (backend: string, address: string) => void = () => {}
  const put = (map: Map<string, string>, key: string, reason: string | undefined) =>
    reason === undefined ? map.delete(key) : map.set(key, reason)
  const fleet: ReplicaFleet = {
    setMembers(version, next) {
      told.push(`members ${version} ${next.map(({ address }) => address).join(' ')}`.trim())
      if (next.length === 0) members.delete(version)
      else members.set(version, next)
    },
    setHealth(_backend, address, fault) {
      put(down, address, fault?.reason)
      if (fault?.silent) silent.add(address)
      else silent.delete(address)
    },
    setBarred(version, address, reason) {
      put(barred, `${version} ${address}`, reason)
    },
    status: () => [],
    onSuspicion: (listener) => {
      suspect = listener
    },
    onDrained: (listener) => {
      drained = listener
    },
  }
  return {
    fleet,
    down,
    silent,
    barred,
    told,
    addresses: (version: string) => (members.get(version) ?? []).map(({ address }) => address),
    sources: (version: string) => (members.get(version) ?? []).map(({ source }) => source),
    /** Of a version: the addresses that take calls. */
    serving: (version: string) =>
      (members.get(version) ?? []).flatMap(({ address }) =>
        down.has(address) || barred.has(`${version} ${address}`) ? [] : [address],
      ),
    suspect: (address: string, backend = 'oip') => suspect(backend, address),
    drain: (address: string) => drained('oip', address),
  }
}
