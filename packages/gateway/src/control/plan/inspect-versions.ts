import type { Inspection } from '../../kernel/backend.ts'
import { AstraError, operatorReason, toAstraError, type Violation } from '../../kernel/errors.ts'
import type { DraftVersion } from './draft-version.ts'

/** What the upstream says of one version, or why it says nothing: its path is a field of the version, or empty. */
export type Inspected = { readonly inspection: Inspection } | { readonly fault: Violation }

/** The addresses that replicas stand for, names looked up. */
type Expand = (replicas: readonly string[], signal: AbortSignal) => Promise<readonly string[]>

const atOnce = 8

/**
 * Asks every live version's upstream what it is, which makes it ready where upstream can load; a few at a time. Rejects only
 * with faults of the gateway's own.
 */
export async function inspectVersions(
  drafts: readonly DraftVersion[],
  expand: Expand,
  signal: AbortSignal,
): Promise<ReadonlyMap<DraftVersion, Inspected>> {
  const results = new Map<DraftVersion, Inspected>()
  const waiting = drafts.filter(({ retired }) => !retired).values()
  const work = async () => {
    for (const draft of waiting) results.set(draft, await inspect(draft, expand, signal))
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return results
}

/** Who applies manifests operates the upstreams, so the reason is theirs to know. */
async function inspect(draft: DraftVersion, expand: Expand, signal: AbortSignal): Promise<Inspected> {
  const fault = (reason: string, { path = '', ...rest }: Partial<Violation> = {}): Inspected => ({
    fault: { ...rest, path, message: `cannot be made ready: ${reason}` },
  })
  try {
    signal.throwIfAborted()
    const { settings } = draft
    const replicas = await expand(draft.replicas, signal)
    return { inspection: await draft.backend.inspect({ settings, replicas }, signal) }
  } catch (thrown) {
    if (signal.aborted && !(thrown instanceof AstraError)) return fault('upstream took too long')
    const error = toAstraError(thrown)
    if (error.code === 'internal') throw error
    return fault(operatorReason(error), error.facts.violations?.[0])
  }
}
