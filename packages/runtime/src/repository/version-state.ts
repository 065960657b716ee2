import type { LoadedVersion } from './loaded-version.ts'
import { compareVersions } from './version-order.ts'

/** What became of a version. */
export type VersionState =
  | { readonly is: 'LOADING'; readonly done: Promise<void> }
  | { readonly is: 'READY'; readonly loaded: LoadedVersion }
  | { readonly is: 'UNAVAILABLE'; readonly reason: string }

/** The versions of one model. */
export type VersionStates = ReadonlyMap<string, VersionState>

/** The versions that are ready, lowest first. */
export function readyVersions(states: VersionStates): readonly string[] {
  return [...states]
    .filter(([, state]) => describe(state).state === 'READY')
    .map(([version]) => version)
    .sort(compareVersions)
}

/**
 * The highest version that is loaded; if none is, the highest one, which can at least say why. One whose worker is just
 * being replaced counts as loaded: calls are refused for that moment rather than answered by another version.
 */
export function highestVersion(states: VersionStates): string | undefined {
  const versions = [...states.keys()].sort(compareVersions)
  return versions.findLast((version) => states.get(version)?.is === 'READY') ?? versions.at(-1)
}

/** Why a version is not ready, in words for whoever runs it; empty if it is. */
export function reasonOf(state: VersionState): string {
  if (state.is === 'LOADING') return 'Loading'
  if (state.is === 'UNAVAILABLE') return state.reason
  const fault = state.loaded.fault()
  return fault === undefined ? '' : `Its worker ${fault}; another is started`
}

/** As the repository's index tells it. */
export function describe(state: VersionState): { readonly state: VersionState['is']; readonly reason: string } {
  const reason = reasonOf(state)
  return { state: state.is === 'READY' && reason !== '' ? 'UNAVAILABLE' : state.is, reason }
}
