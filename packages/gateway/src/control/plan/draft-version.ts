import type { Backend } from '../../kernel/backend.ts'
import type { VersionState } from '../../kernel/catalog.ts'
import { explain } from '../../kernel/schema/explain.ts'
import { pathKeys } from '../../kernel/schema/facets.ts'
import { didYouMean } from '../../kernel/schema/nearest.ts'
import type { FaultAt, ManifestVersion, Place } from '../manifest/manifest.ts'
import { embeddedReplica } from '../manifest/replica-address.ts'
import type { Fault } from '../operations/ports.ts'

/** A version of the manifest with its defaults filled in, not yet inspected. */
export interface DraftVersion {
  readonly model: string
  readonly major: number
  readonly id: string
  readonly place: Place
  readonly backend: string
  readonly settings: VersionState['settings']
  readonly replicas: readonly string[]
  readonly revision: number | undefined
  readonly retired: VersionState['retired']
}

/** The key under which a version's digest is kept for ever. */
export function digestKey({ model, major, id }: Pick<DraftVersion, 'model' | 'major' | 'id'>): string {
  return `${model}/${major}/${id}`
}

/** Backend, settings and replicas of a version; its faults go into `faults`, and then there is no draft. */
export function draftVersion(
  version: ManifestVersion,
  of: Pick<DraftVersion, 'model' | 'major' | 'id' | 'place'>,
  context: { readonly backends: ReadonlyMap<string, Backend>; readonly faultAt: FaultAt; readonly faults: Fault[] },
): DraftVersion | undefined {
  const { backend: name = 'oip', replicas, revision, retired, ...own } = version
  const { backends, faultAt, faults } = context
  const fault = (place: Place, message: string, suggestion?: string) =>
    faults.push({ code: 'invalid_manifest', ...faultAt(place, message, suggestion) })
  const backend = backends.get(name)
  if (!backend) {
    const { suggestion } = didYouMean(name, backends.keys())
    fault([...of.place, 'backend'], `is no backend; there are ${[...backends.keys()].join(', ')}`, suggestion)
    return undefined
  }
  const before = faults.length
  for (const { path, message, suggestion } of explain(backend.settings, own, '')) {
    fault([...of.place, ...pathKeys(path)], message, suggestion)
  }
  if (replicas && !backend.remote)
    fault([...of.place, 'replicas'], `has no use: the backend ${name} runs in the gateway`)
  if (faults.length > before) return undefined
  return {
    ...of,
    backend: name,
    settings: backend.withDefaults(own, of.model, of.id),
    replicas: backend.remote ? (replicas ?? [embeddedReplica]) : [],
    revision,
    retired,
  }
}
