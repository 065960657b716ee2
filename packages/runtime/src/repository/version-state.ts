import type { LoadedVersion } from './load-version.ts'
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
  return [...states.keys()].filter((version) => states.get(version)?.is === 'READY').sort(compareVersions)
}

/** The highest version that is ready; if none is, the highest one, which can at least say why. */
export function highestVersion(states: VersionStates): string | undefined {
  return readyVersions(states).at(-1) ?? [...states.keys()].sort(compareVersions).at(-1)
}

/** Why a version is not ready, in words for whoever runs it; empty if it is. */
export function reasonOf(state: VersionState): string {
  if (state.is === 'READY') return ''
  return state.is === 'LOADING' ? 'Loading' : state.reason
}
