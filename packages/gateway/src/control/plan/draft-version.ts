import type { Backend } from '../../kernel/backend.ts'
import type { VersionState } from '../../kernel/catalog-state.ts'
import { explain } from '../../kernel/schema/explain.ts'
import { pathKeys } from '../../kernel/schema/facets.ts'
import { didYouMean } from '../../kernel/schema/nearest.ts'
import type { Schema } from '../../kernel/schema/schema.ts'
import type { TaskName } from '../../kernel/tasks.ts'
import { defaultBackend } from '../manifest/defaults.ts'
import type { ManifestVersion, Place } from '../manifest/manifest.ts'
import { ownerLimitsOf } from '../manifest/owner-limits.ts'
import { plainReplica } from '../manifest/replica-address.ts'
import type { Report } from './report.ts'

/** A version of the manifest with its defaults filled in, not yet inspected. */
export interface DraftVersion extends VersionName {
  readonly backend: Backend
  readonly settings: VersionState['settings']
  readonly replicas: readonly string[]
  readonly revision: number | undefined
  readonly retired: VersionState['retired']
  readonly limits: VersionState['limits']
}

export interface VersionName {
  readonly model: string
  readonly major: number
  /** Of its contract. */
  readonly task: TaskName
  readonly id: string
  readonly place: Place
  /** The version as it is deployed now. */
  readonly known: VersionState | undefined
}

/** The key under which a version's digest is kept for ever. */
export function digestKey({ model, major, id }: VersionName): string {
  return `${model}/${major}/${id}`
}

/** Named here only so that a typing slip in one of them is told from a backend's own field; their form is checked already. */
const ownFields: Readonly<Record<string, Schema>> = { backend: {}, replicas: {}, revision: {}, retired: {}, limits: {} }

/** Backend, settings and replicas of a version; undefined when they have faults. */
export function draftVersion(
  version: ManifestVersion,
  name: VersionName,
  backends: ReadonlyMap<string, Backend>,
  report: Report,
): DraftVersion | undefined {
  const { revision, retired, limits, ...rest } = version
  // "1.0": {retired: {}} takes a version out of service without telling again what it was.
  const short = retired !== undefined && Object.keys(rest).length === 0 ? name.known : undefined
  const { backend: backendName = defaultBackend, replicas, ...settings } = short ? written(short) : rest
  const backend = backends.get(backendName)
  if (!backend) {
    const { suggestion } = didYouMean(backendName, backends.keys())
    const known = [...backends.keys()].join(', ')
    report('invalid_manifest', [...name.place, 'backend'], `is no backend; there are ${known}`, suggestion)
    return undefined
  }
  if (!retired) checkTask(backend, name, report)
  const schema = { ...backend.settings, properties: { ...backend.settings.properties, ...ownFields } }
  const faults = explain(schema, short ? {} : version, '')
  for (const { path, message, suggestion } of faults) {
    report('invalid_manifest', [...name.place, ...pathKeys(path)], message, suggestion)
  }
  const full = faults.length > 0 ? undefined : backend.withDefaults(settings, name.model, name.id)
  const addresses = full && backend.addresses(full)
  const idle = full && replicas !== undefined && !addresses
  if (idle) {
    report(
      'invalid_manifest',
      [...name.place, 'replicas'],
      `has no use: the backend ${backendName} runs in the gateway`,
    )
  }
  const places = addresses && (replicas ?? addresses)
  if (places?.length === 0) {
    report('invalid_manifest', name.place, `needs replicas: where the backend ${backendName} finds its model`)
  }
  if (!full || idle || places?.length === 0) return undefined
  return {
    ...name,
    backend,
    settings: full,
    replicas: places ? [...new Set(places.map(plainReplica))] : [],
    revision,
    retired,
    limits: ownerLimitsOf(limits),
  }
}

function checkTask({ name, tasks }: Backend, { task, place }: VersionName, report: Report): void {
  if (!tasks || tasks.includes(task)) return
  const message = `the backend ${name} serves ${tasks.join(', ')}; this contract is ${task}`
  const suggestion = 'Take another backend, or give the contract one of those tasks.'
  report('invalid_manifest', [...place, 'backend'], message, suggestion)
}

function written({ backend, settings, replicas }: VersionState): ManifestVersion {
  return { ...settings, backend, ...(replicas.length > 0 ? { replicas } : {}) }
}
