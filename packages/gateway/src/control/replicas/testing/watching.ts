import type { Backend } from '../../../kernel/backend.ts'
import type { CatalogState, VersionState } from '../../../kernel/catalog-state.ts'
import { AstraError } from '../../../kernel/errors.ts'
import { buildCatalog } from '../../catalog/build-catalog.ts'
import { fakeVendor } from '../../plan/testing/fake-vendor.ts'
import { fakeBackends } from '../../plan/testing/planning.ts'
import { createReplicaNames } from '../replica-names.ts'
import { createReplicaWatch } from '../replica-watch.ts'
import { sealOf } from '../verify-seal.ts'
import { fakeFleet } from './fake-fleet.ts'
import { fakeTime } from './fake-time.ts'

/** What an address does when it is asked. */
export interface FakeReplica {
  /** "up" is ready, a text is its own reason why it is not, "cut off" breaks off, "hung" never answers. */
  health: string
  /** Of what it serves: what was applied is "sha256:1"; "none": it has not got the version; "hung": it says nothing before `answerHung`. */
  digest: string
  /** Who it says that it is; a function, each time anew. */
  identity: string | (() => string) | undefined
}

/** A watch over a fake fleet, with replicas and names that a test scripts. An address that no test named answers as it should. */
export function watching() {
  const time = fakeTime()
  const fleet = fakeFleet()
  const replicas = new Map<string, FakeReplica>()
  const names = new Map<string, readonly string[] | Error | 'hung'>()
  const log: string[] = []
  const probes: string[] = []
  const inspected: string[] = []
  const lookUps: string[] = []
  const released: string[] = []
  const never = new Promise<never>(() => {})
  const hung: (() => void)[] = []
  const note = (facts: Readonly<Record<string, unknown>>, message: string) =>
    log.push(`${facts.version ?? facts.replica ?? facts.host}: ${message}${facts.reason ? `: ${facts.reason}` : ''}`)
  const logger = { info: note, warn: note, error: note }
  const { oip, echo } = Object.fromEntries(fakeBackends()) as Record<'oip' | 'echo', Backend>
  const backend: Backend = {
    ...oip,
    async inspect({ replicas: [address = ''] }, _signal, load) {
      inspected.push(`${address} ${load}`)
      const { digest = 'sha256:1' } = replicas.get(address) ?? {}
      if (digest === 'hung') {
        await new Promise<void>((resolve) => hung.push(resolve))
        return { digest: 'sha256:1' }
      }
      if (digest === 'none') throw new AstraError('invalid_manifest', { reason: `${address} has no m` })
      if (digest === 'loading') throw new AstraError('upstream_unavailable', { reason: 'm is not ready' })
      return { digest }
    },
    async probe(address) {
      probes.push(address)
      const { health = 'up', identity } = replicas.get(address) ?? {}
      if (health === 'hung') return await never
      if (health === 'cut off') throw new AstraError('upstream_failed', { reason: health, unanswered: true })
      if (health !== 'up') throw new AstraError('upstream_unavailable', { reason: health })
      return typeof identity === 'function' ? identity() : identity
    },
    release: (address) => void released.push(address),
  }
  const shared = { clock: time.clock, later: time.later, log: logger, random: () => 0.5 }
  const watchedNames = createReplicaNames({
    ...shared,
    async resolve(host) {
      lookUps.push(host)
      const found = names.get(host) ?? []
      if (found === 'hung') return await never
      if (found instanceof Error) throw found
      return found
    },
  })
  /** Of the vendor's keys, those that are set. */
  const secrets = new Set(['KEY'])
  const vendor = fakeVendor(secrets)
  const backends = new Map([
    ['oip', backend],
    ['echo', echo],
    ['vendor', vendor],
  ])
  const watch = createReplicaWatch({ ...shared, fleet: fleet.fleet, backends, names: watchedNames })
  return {
    /** Of the inspections that hung, the n-th finds what was applied. */
    answerHung: (n: number) => hung[n]?.(),
    secrets,
    ...{ time, fleet, replicas, names, log, probes, inspected, lookUps, released, watch, watchedNames },
    /** Follows versions of m@v1, each with its entries, and lets what needs no time happen; `followed` is the watch's own word. */
    async follow(versions: Readonly<Record<string, readonly string[] | Partial<VersionState>>>) {
      const followed = watch.follow(
        buildCatalog(
          { revision: 1, time: 0, state: stateOf(versions), digests: {} },
          {
            ...time.clock,
            now: () => 0,
            id: () => '',
          },
        ),
      )
      await time.settle()
      return { followed }
    },
    set: (address: string, replica: Partial<FakeReplica>) =>
      void replicas.set(address, {
        health: 'up',
        digest: 'sha256:1',
        identity: undefined,
        ...replicas.get(address),
        ...replica,
      }),
  }

  function stateOf(versions: Readonly<Record<string, readonly string[] | Partial<VersionState>>>): CatalogState {
    const settings = { model: 'm' }
    const digest = sealOf(backend, settings, 'sha256:1')
    const states = Object.entries(versions).map(([id, given]) => {
      const over = Array.isArray(given) ? { replicas: given } : given
      return [id, { revision: 1, backend: 'oip', settings, replicas: [], digest, immutable: true, ...over }]
    })
    const contract = {
      task: 'custom' as const,
      streams: false,
      revisions: [{ input: {}, output: {} }],
      examples: [],
      limits: { bodyBytesMax: 1, itemsMax: 1, timeoutMs: 1, firstByteMs: 60_000, idleMs: 60_000, inFlightMax: 1 },
      versions: Object.fromEntries(states),
      weights: {},
    }
    return { models: { m: { owner: 'o', defaultMajor: 1, contracts: { 1: contract } } }, consumers: {} }
  }
}
