import { randomBytes } from 'node:crypto'
import { invalid, ProtocolError, quote } from '@astraapi/oip'
import type { Logger } from 'pino'
import type { Outcome, RuntimeMetrics } from '../metrics/runtime-metrics.ts'
import { hashFolder, versionDigest } from './digest.ts'
import { createLane } from './lane.ts'
import { loadVersion } from './load-version.ts'
import type { LoadedVersion } from './loaded-version.ts'
import { type FoundVersion, type PassedOver, scanModel, scanRepository } from './scan.ts'
import { describe, highestVersion, readyVersions, reasonOf, type VersionState } from './version-state.ts'

/** The models of one folder, and what became of each version. */
export interface Repository {
  /** Loads what was found when the repository was opened. Resolves when each version was tried; never rejects. */
  loadFound(): Promise<void>
  /**
   * Looks at a model's folder again and loads what is not loaded yet. Throws `not-found`, `invalid` where the files of a
   * version that is loaded are others by now, or names what failed.
   */
  load(name: string): Promise<void>
  /** Ends every version of a model once the calls that it has are answered; its memory is given back. Throws `not-found`. */
  unload(name: string): Promise<void>
  /** Without a version: the highest one that is ready. Throws `not-found` or `unavailable`. */
  find(name: string, version?: string): LoadedVersion
  /** Counts a call; one that names no version as `find` takes it, and none of what is not in the repository. */
  count(call: { readonly name: string; readonly version?: string }, outcome: Outcome, queueMs?: number): void
  names(): readonly string[]
  /** The versions that are ready, lowest first. */
  readyVersions(name: string): readonly string[]
  index(): readonly IndexEntry[]
  /** Opaque; another text whenever what is served may be something else: in each process, after each load and unload. */
  state(): string
  /** Ends every version: its calls and its model have so long to finish. */
  close(graceMs: number): Promise<void>
}

export interface RepositoryOptions {
  readonly dir: string
  /** Threads that one ONNX inference may use. */
  readonly threads: number
  /** Calls that may wait for one version before further ones are refused. */
  readonly waitingMax: number
  readonly metrics: RuntimeMetrics
  readonly log: Logger
}

type VersionName = Pick<FoundVersion, 'name' | 'version'>

export interface IndexEntry {
  readonly name: string
  readonly version: string
  readonly state: VersionState['is']
  /** Why it is not ready; empty if it is. */
  readonly reason: string
}

// A model's weights may be large: two at a time keep the cores busy without everything being read at once.
const STARTS_AT_ONCE = 2
// How long the calls of a version that is unloaded, and the closing of its model, may take.
const UNLOAD_MS_MAX = 10_000

/** Opens a model repository; nothing is loaded yet. Throws the system's error if the folder can't be read. */
export async function openRepository({ dir, log, ...settings }: RepositoryOptions): Promise<Repository> {
  const { metrics } = settings
  const warn: PassedOver = (folder, why, err) => log.warn({ folder, err }, `folder passed over: ${why}`)
  const found = await scanRepository(dir, warn)
  const models = new Map<string, Map<string, VersionState>>()
  const starts = createLane(STARTS_AT_ONCE)
  const restarts = createLane(STARTS_AT_ONCE)
  const closing = new AbortController()
  const born = randomBytes(6).toString('hex')
  let changes = 0
  for (const version of found) setState(version, { is: 'UNAVAILABLE', reason: 'Not tried yet' })

  function setState({ name, version }: VersionName, state: VersionState): void {
    models.set(name, (models.get(name) ?? new Map<string, VersionState>()).set(version, state))
  }

  function stateOf({ name, version }: VersionName): VersionState | undefined {
    return models.get(name)?.get(version)
  }

  /** Loads a version unless it is loaded already or another call is at it. */
  async function ensureLoaded(version: FoundVersion): Promise<void> {
    const state = stateOf(version)
    if (state?.is === 'READY') return
    if (state?.is === 'LOADING') return state.done
    const done = attempt(version)
    setState(version, { is: 'LOADING', done })
    return done
  }

  async function attempt(version: FoundVersion): Promise<void> {
    const label = { model: version.name, version: version.version }
    const startedAt = performance.now()
    try {
      const loaded = await loadVersion(version, { ...settings, starts, restarts, log, signal: closing.signal })
      setState(version, { is: 'READY', loaded })
      changes += 1
      log.info({ ...label, digest: loaded.digest, ms: Math.round(performance.now() - startedAt) }, 'model loaded')
    } catch (err) {
      if (closing.signal.aborted) return
      const [line = ''] = (err instanceof Error ? err.message : String(err)).split('\n')
      setState(version, { is: 'UNAVAILABLE', reason: line.trim() })
      log.error({ ...label, err }, 'model could not be loaded')
    }
  }

  async function unloadVersion(version: VersionName, state: VersionState): Promise<void> {
    if (state.is === 'LOADING') await state.done
    const loaded = stateOf(version)
    setState(version, { is: 'UNAVAILABLE', reason: 'It was unloaded; load the model to have it back' })
    if (loaded?.is !== 'READY') return
    changes += 1
    await loaded.loaded.close(UNLOAD_MS_MAX)
  }

  /** A version that is loaded, and whose files are others by now. */
  async function isChanged({ name, version, folder }: FoundVersion): Promise<boolean> {
    const state = stateOf({ name, version })
    if (state?.is !== 'READY') return false
    return versionDigest(await hashFolder(folder), state.loaded.identity) !== state.loaded.digest
  }

  /** Drops versions that are not loaded and whose folder is gone by now. */
  function forget(name: string, present: readonly FoundVersion[]): void {
    const states = models.get(name)
    for (const [version, state] of states ?? []) {
      if (state.is !== 'UNAVAILABLE' || present.some((other) => other.version === version)) continue
      states?.delete(version)
      metrics.forget({ model: name, version })
    }
    if (states?.size === 0) models.delete(name)
  }

  return {
    async loadFound() {
      await Promise.all(found.map(ensureLoaded))
    },
    async load(name) {
      const versions = await scanModel(dir, name, warn)
      forget(name, versions)
      if (versions.length === 0) throw new ProtocolError('not-found', `The repository has no model ${quote(name)}`)
      const changed: string[] = []
      // One after the other: there may be much to read.
      for (const version of versions) if (await isChanged(version)) changed.push(version.version)
      await Promise.all(versions.map(ensureLoaded))
      const failed = versions.flatMap((version) => {
        const state = stateOf(version)
        return state?.is === 'UNAVAILABLE' ? [`version ${version.version}: ${state.reason}`] : []
      })
      if (changed.length > 0) throw invalid([filesChanged(name, changed), ...failed].join('; '))
      if (failed.length > 0) throw new ProtocolError('unavailable', `Could not load ${name}, ${failed.join('; ')}`)
    },
    async unload(name) {
      const states = models.get(name)
      if (states === undefined) throw new ProtocolError('not-found', `There is no model ${quote(name)}`)
      await Promise.all([...states].map(([version, state]) => unloadVersion({ name, version }, state)))
    },
    find(name, asked) {
      const states = models.get(name)
      const version = asked ?? highestVersion(states ?? new Map())
      if (states === undefined || version === undefined) {
        throw new ProtocolError('not-found', `There is no model ${quote(name)}`)
      }
      const state = states.get(version)
      if (state === undefined) throw new ProtocolError('not-found', `Model ${name} has no version ${quote(version)}`)
      const reason = reasonOf(state)
      if (state.is === 'READY' && reason === '') return state.loaded
      throw new ProtocolError('unavailable', `Version ${version} of ${name} is not ready: ${reason}`)
    },
    count({ name, version: asked }, outcome, queueMs) {
      const states = models.get(name)
      const version = asked ?? highestVersion(states ?? new Map())
      if (version !== undefined && states?.has(version)) metrics.call({ model: name, version }, outcome, queueMs)
    },
    names: () => [...models.keys()].sort(),
    readyVersions: (name) => readyVersions(models.get(name) ?? new Map()),
    index: () =>
      [...models].flatMap(([name, states]) =>
        [...states].map(([version, state]) => ({ name, version, ...describe(state) })),
      ),
    state: () => `${born}-${changes}`,
    async close(graceMs) {
      closing.abort(new Error('The server is stopping'))
      const states = [...models.values()].flatMap((versions) => [...versions.values()])
      await Promise.allSettled(
        states.map((state) =>
          state.is === 'READY' ? state.loaded.close(graceMs) : state.is === 'LOADING' && state.done,
        ),
      )
    },
  }
}

function filesChanged(name: string, versions: readonly string[]): string {
  const which = `version${versions.length > 1 ? 's' : ''} ${versions.join(', ')}`
  return `The files of ${name}, ${which}, have changed since it was loaded, and what was loaded is still served: a version is immutable; give the new files a version of their own, or unload the model first`
}
