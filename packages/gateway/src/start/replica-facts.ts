import { liveVersions } from '../control/replicas/live-versions.ts'
import type { Metrics } from '../journey/record/metrics.ts'
import type { Catalog } from '../kernel/catalog.ts'
import { type ReplicaFleet, type ReplicaState, replicaStates } from '../kernel/replicas.ts'

/** The versions that no replica may serve, each with why: for the status. */
export function notServed({ state }: Catalog, fleet: ReplicaFleet): readonly { version: string; reason: string }[] {
  return [...liveVersions(state).keys()].flatMap((version) => {
    const replicas = fleet.status(version)
    const [first] = replicas
    if (!first || replicas.some(({ state }) => state !== 'barred')) return []
    return [{ version, reason: replicas.map(({ address, reason }) => `${address}: ${reason}`).join('; ') }]
  })
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
