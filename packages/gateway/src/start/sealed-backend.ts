import type { Backend } from '../kernel/backend.ts'
import type { Version } from '../kernel/catalog.ts'
import { AstraError } from '../kernel/errors.ts'

/** A backend that lets no version answer whose seal is broken. `whyBarred` gives the reason, for operators. */
export function sealedBackend(backend: Backend, whyBarred: (version: Version) => string | undefined): Backend {
  const admit = (version: Version) => {
    const reason = whyBarred(version)
    if (reason !== undefined) throw new AstraError('upstream_unavailable', { reason })
  }
  const { stream } = backend
  return {
    ...backend,
    async predict(version, replica, inputs, context) {
      admit(version)
      return await backend.predict(version, replica, inputs, context)
    },
    ...(stream
      ? {
          stream(version, replica, input, context) {
            admit(version)
            return stream(version, replica, input, context)
          },
        }
      : {}),
  }
}
