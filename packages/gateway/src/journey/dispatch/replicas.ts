import type { Version } from '../../kernel/catalog.ts'

/** Which replica gets the next attempt: the least busy one, in turn where several are. */
export interface Balancer {
  /** undefined when every replica was tried. */
  pick(version: Version, tried: ReadonlySet<string>): string | undefined
  begin(replica: string): void
  end(replica: string): void
}

/** Backends that run inside the gateway have one nameless replica. */
const inside = ['gateway']

export function createBalancer(): Balancer {
  const busy = new Map<string, number>()
  let turn = 0
  return {
    pick(version, tried) {
      const replicas = version.state.replicas.length > 0 ? version.state.replicas : inside
      let best: string | undefined
      let least = Number.POSITIVE_INFINITY
      for (let i = 0; i < replicas.length; i++) {
        const replica = replicas[(turn + i) % replicas.length] as string
        const load = busy.get(replica) ?? 0
        if (load < least && !tried.has(replica)) {
          best = replica
          least = load
        }
      }
      turn = (turn + 1) % 0x7fffffff
      return best
    },
    begin(replica) {
      busy.set(replica, (busy.get(replica) ?? 0) + 1)
    },
    end(replica) {
      const left = (busy.get(replica) ?? 1) - 1
      if (left === 0) busy.delete(replica)
      else busy.set(replica, left)
    },
  }
}
