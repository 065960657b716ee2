import type { Backend } from '../../kernel/backend.ts'
import { inspect } from './inspect.ts'
import { predict } from './predict.ts'
import { oipSettingsSchema, readSettings } from './settings.ts'
import { openUpstream, type Upstream } from './upstream.ts'

export interface OipOptions {
  /** Short names of replica addresses, e.g. `embedded` -> "unix:/…/runtime.sock". */
  readonly addresses: Readonly<Record<string, string>>
  /** Longest response that is read, in bytes. */
  readonly bodyBytesMax: number
}

/** Models behind the Open Inference Protocol V2 over HTTP, tensors in JSON: field f of an item is the row of tensor f. */
export function createOipBackend({ addresses, bodyBytesMax }: OipOptions): Backend {
  const named = new Map(Object.entries(addresses))
  /** As many as the manifests have ever named; an idle one holds no socket. */
  const upstreams = new Map<string, Upstream>()

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
    async close() {
      await Promise.all([...upstreams.values()].map((upstream) => upstream.close()))
    },
  }
}
