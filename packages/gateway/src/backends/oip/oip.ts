import type { Backend } from '../../kernel/backend.ts'
import { inspect } from './inspect.ts'
import { predict } from './predict.ts'
import { probe } from './probe.ts'
import { oipSettingsSchema, readSettings } from './settings.ts'
import { openUpstream, type Upstream } from './upstream.ts'

export interface OipOptions {
  /** Short names of replica addresses, e.g. `embedded` -> "unix:/…/runtime.sock". */
  readonly addresses: Readonly<Record<string, string>>
  /** Longest response that is read, in bytes. */
  readonly bodyBytesMax: number
}

/** Models behind the Open Inference Protocol V2 over HTTP: field f of an item is the row of tensor f. */
export function createOipBackend({ addresses, bodyBytesMax }: OipOptions): Backend {
  const named = new Map(Object.entries(addresses))
  /** By replica; an idle one holds no socket. */
  const upstreams = new Map<string, Upstream>()
  /** Released, and not yet idle. */
  const leaving = new Set<Upstream>()

  function upstreamAt(replica: string): Upstream {
    let upstream = upstreams.get(replica)
    if (!upstream) {
      upstream = openUpstream(replica, named.get(replica) ?? replica, bodyBytesMax)
      upstreams.set(replica, upstream)
    }
    return upstream
  }

  return {
    name: 'oip',
    settings: oipSettingsSchema,
    remote: true,
    repeatable: true,
    withDefaults: (settings, model, version) => ({ model, version, ...settings }),
    inspect: async ({ settings, replicas }, signal) =>
      inspect(replicas.map(upstreamAt), readSettings(settings), signal),
    predict: async (version, replica, inputs, context) => predict(upstreamAt(replica), version, inputs, context),
    probe: async (replica, signal) => probe(upstreamAt(replica), signal),
    release(replica) {
      const upstream = upstreams.get(replica)
      if (!upstream) return
      upstreams.delete(replica)
      leaving.add(upstream)
      void upstream.release().finally(() => leaving.delete(upstream))
    },
    async close() {
      await Promise.all([...upstreams.values(), ...leaving].map((upstream) => upstream.close()))
    },
  }
}
