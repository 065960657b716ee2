import { liveVersions } from '../control/replicas/live-versions.ts'
import type { Metrics } from '../journey/record/metrics.ts'
import type { Catalog } from '../kernel/catalog.ts'
import { type ReplicaFleet, type ReplicaState, type ReplicaStatus, replicaStates } from '../kernel/replicas.ts'

export interface NotServed {
  /** "spam@v1/1.0" */
  readonly version: string
  readonly reason: string
}

/** The versions of which no replica answers calls, each with why: for the status. */
export function notServed({ state }: Catalog, fleet: ReplicaFleet): readonly NotServed[] {
  return [...liveVersions(state)].flatMap(([version, live]) => {
    const entries = live.state.replicas
    const replicas = fleet.status(version)
    if (entries.length === 0 || replicas.some(isWell)) return []
    const whys = replicas.map(({ address, state, reason }) => `${address} is ${state}: ${reason}`)
    return [{ version, reason: whys.join('; ') || `${entries.join(', ')}: no address is known` }]
  })
}

function isWell({ state }: ReplicaStatus): boolean {
  return replicaStates[state].takesCalls && state !== 'failing'
}

const stateNames = Object.keys(replicaStates) as readonly ReplicaState[]

/** As many series as there are live versions of remote backends, times the states: an alert may ask for those that are none. */
export function meterReplicas(metrics: Metrics, catalog: () => Catalog, fleet: ReplicaFleet): void {
  metrics.gauges('astra_replicas', 'Replicas of a version by state', ['model', 'major', 'version', 'state'], () =>
    [...liveVersions(catalog().state)].flatMap(([key, { model, major, id, state }]) => {
      if (state.replicas.length === 0) return []
      const replicas = fleet.status(key)
      return stateNames.map((name) => ({
        labels: { model, major: `v${major}`, version: id, state: name },
        value: replicas.filter((replica) => replica.state === name).length,
      }))
    }),
  )
}
