import type { Backend, Inspection } from '../../kernel/backend.ts'
import { operatorReason, toAstraError } from '../../kernel/errors.ts'
import type { DraftVersion } from './draft-version.ts'

/** What the upstream says of one version, or why it says nothing. */
export type Inspected = { readonly inspection: Inspection } | { readonly fault: string }

const atOnce = 8

/** Asks every live version's upstream what it is, which makes it ready where upstream can load; a few at a time. */
export async function inspectVersions(
  drafts: readonly DraftVersion[],
  backends: ReadonlyMap<string, Backend>,
  signal: AbortSignal,
): Promise<ReadonlyMap<DraftVersion, Inspected>> {
  const results = new Map<DraftVersion, Inspected>()
  const waiting = drafts.filter(({ retired }) => !retired).values()
  const work = async () => {
    for (const draft of waiting) results.set(draft, await inspect(draft, backends, signal))
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return results
}

/** Who applies manifests operates the upstreams, so the reason is theirs to know. */
async function inspect(
  draft: DraftVersion,
  backends: ReadonlyMap<string, Backend>,
  signal: AbortSignal,
): Promise<Inspected> {
  const backend = backends.get(draft.backend)
  if (!backend) return { fault: `names no backend: "${draft.backend}"` }
  try {
    return { inspection: await backend.inspect(draft, signal) }
  } catch (thrown) {
    return { fault: `cannot be made ready: ${operatorReason(toAstraError(thrown))}` }
  }
}
