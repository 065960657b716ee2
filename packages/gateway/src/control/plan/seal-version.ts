import { isDeepStrictEqual } from 'node:util'
import type { Backend } from '../../kernel/backend.ts'
import type { VersionState } from '../../kernel/catalog-state.ts'
import { digestOf } from './digest.ts'
import { type DraftVersion, digestKey } from './draft-version.ts'
import type { Inspected } from './inspect-versions.ts'
import type { Report } from './report.ts'

/** What a version is told again by. */
export type Seal = Pick<VersionState, 'digest' | 'immutable'>

const advice = 'Give the changed implementation a new version id.'

/**
 * Holds a version to what it was when it was applied first: now, or under `digests`, which outlives its removal. Undefined
 * when it is another, or when its upstream cannot tell and the manifest does not leave the version as it is.
 */
export function sealVersion(
  draft: DraftVersion,
  inspected: Inspected | undefined,
  digests: Readonly<Record<string, string>>,
  report: Report,
): Seal | undefined {
  const { known, place } = draft
  const content = sealedOf(draft.backend, draft.settings)
  const changed = known && changedFields(known, draft)
  if (changed?.[0] !== undefined) {
    const message = `was applied before with another ${changed.join(', ')}: a version is immutable`
    report('version_changed', [...place, changed[0]], message, advice)
    return undefined
  }
  const floating = digestOf(content)
  const applied = digests[digestKey(draft)]
  if (inspected && 'inspection' in inspected) {
    const upstream = inspected.inspection.digest
    const digest = upstream === undefined ? floating : digestOf({ ...content, upstream })
    // Without a digest from upstream only backend and settings were sealed: upstream may begin to give one.
    if (applied === undefined || applied === digest || applied === floating) {
      return { digest, immutable: upstream !== undefined }
    }
    report('version_changed', place, 'was applied before, and is another now: a version is immutable', advice)
    return undefined
  }
  const unchanged =
    known &&
    !known.retired &&
    isDeepStrictEqual(known.replicas, draft.replicas) &&
    isDeepStrictEqual(known.settings, draft.settings)
  if (inspected && !unchanged) {
    const { path, message, suggestion } = inspected.fault
    report('invalid_manifest', path === '' ? place : [...place, path], message, suggestion)
    return undefined
  }
  return { digest: known?.digest ?? applied ?? floating, immutable: known?.immutable ?? false }
}

/** What of a version is sealed besides what its upstream says: a secret or a time limit may change under it. */
export function sealedOf(backend: Backend, settings: VersionState['settings']) {
  return { backend: backend.name, settings: backend.sealed?.(settings) ?? settings }
}

function changedFields(
  known: VersionState,
  { backend, settings }: Pick<DraftVersion, 'backend' | 'settings'>,
): string[] {
  if (known.backend !== backend.name) return ['backend']
  const [before, after] = [sealedOf(backend, known.settings).settings, sealedOf(backend, settings).settings]
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].filter((name) => !isDeepStrictEqual(before[name], after[name]))
}
