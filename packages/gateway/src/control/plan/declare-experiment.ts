import type { Backend } from '../../kernel/backend.ts'
import { AstraError, type Violation } from '../../kernel/errors.ts'
import type { ExperimentState } from '../../kernel/experiment.ts'
import { explain } from '../../kernel/schema/explain.ts'
import type { StoredCatalog } from '../../kernel/store.ts'
import { statusWords } from '../catalog/change-experiment.ts'
import { experimentFaults, targetOf } from '../manifest/check-experiment.ts'
import { experimentForm, experimentOut, type ManifestExperiment } from '../manifest/experiment.ts'
import type { FaultAt, Manifest } from '../manifest/manifest.ts'
import { isName, nameWords } from '../manifest/names.ts'
import { ownEntry } from '../manifest/own-entry.ts'
import { readManifest } from '../manifest/read-manifest.ts'
import { writeManifest } from '../manifest/write-manifest.ts'
import type { Fault } from '../operations/ports.ts'
import { stopFirst } from './check-running.ts'
import { nameKey, pastText } from './past-experiment.ts'
import { planExperiments } from './plan-experiments.ts'
import { draftModel } from './plan-manifest.ts'
import { reportInto } from './report.ts'

/** What is declared of an experiment beside the manifest: it becomes a draft, and is begun by itself. */
export type DeclaredExperiment = Omit<ManifestExperiment, 'state'>

type Next = Pick<StoredCatalog, 'state' | 'digests'>

export interface Declaring {
  readonly backends: ReadonlyMap<string, Backend>
  readonly at: number
  readonly by: string
}

/**
 * The catalog with one experiment more, checked as if it stood in the manifest of what is deployed: with the same faults in the same words,
 * their paths within the declaration. Throws `conflict` or `invalid_input`.
 */
export function withNewExperiment(
  current: StoredCatalog,
  name: string,
  declared: DeclaredExperiment,
  declaring: Declaring,
): Next {
  if (!isName(name)) throw refused([{ code: 'invalid_input', path: '/name', message: nameWords }])
  if (ownEntry(current.state.experiments ?? {}, name)) {
    throw new AstraError('conflict', {
      detail: `There is an experiment "${name}" already`,
      next: 'Choose another name, or update that one.',
    })
  }
  return declare(current, name, declared, declaring, 'api')
}

/** What is left out stays; of one that began only that may change which touches nothing of what its evidence means. */
export function withUpdatedExperiment(
  current: StoredCatalog,
  name: string,
  change: Partial<DeclaredExperiment>,
  declaring: Declaring,
): Next {
  const known = experimentNamed(current, name)
  const { state: _, ...before } = experimentOut(known)
  const { coverage, ramp, ...rest } = before
  // Of the two ways to say who takes part the one that is given replaces the other.
  const taking = change.coverage === undefined && change.ramp === undefined ? { coverage, ramp } : {}
  const told = Object.entries({ ...rest, ...taking, ...change }).filter(([, value]) => value !== undefined)
  const merged: DeclaredExperiment = { ...rest, ...Object.fromEntries(told) }
  return declare(current, name, merged, declaring, known.origin)
}

/** Throws `conflict` while it holds traffic, or a manifest declares it. The name of one that began is given to no other. */
export function withoutExperiment(current: StoredCatalog, name: string): Next {
  const known = experimentNamed(current, name)
  const { status } = known.progress
  if (status === 'running' || status === 'paused') {
    throw new AstraError('conflict', {
      detail: `The experiment "${name}" is ${statusWords[status]} and cannot be deleted now`,
      next: `${stopFirst(name)}.`,
    })
  }
  if (known.origin === undefined) {
    throw new AstraError('conflict', {
      detail: `The experiment "${name}" stands in the manifest, and cannot be deleted beside it`,
      next: 'Take it out of the manifest and apply that. A draft is gone then; one that is over can be deleted after it.',
    })
  }
  const { [name]: __, ...others } = current.state.experiments ?? {}
  const { experiments: ___, ...state } = current.state
  return {
    state: Object.keys(others).length > 0 ? { ...state, experiments: others } : state,
    digests: status === 'draft' ? current.digests : { ...current.digests, [nameKey(name)]: pastText(known) },
  }
}

function experimentNamed({ state }: StoredCatalog, name: string): ExperimentState {
  const known = ownEntry(state.experiments ?? {}, name)
  if (known) return known
  throw new AstraError('unknown_experiment', { detail: `There is no experiment "${name.slice(0, 64)}"` })
}

function declare(
  current: StoredCatalog,
  name: string,
  declared: DeclaredExperiment,
  { backends, at, by }: Declaring,
  origin: ExperimentState['origin'],
): Next {
  const form = explain(experimentForm, declared, '')
  if (form.length > 0) throw refused(form.map((fault) => ({ code: 'invalid_input', ...fault })))
  const manifest = deployed(current)
  const meaning = experimentFaults(name, declared, manifest, faultAt, () => true)
  if (meaning.length > 0) throw refused(meaning.map((fault) => ({ code: 'invalid_input', ...fault })))
  const faults: Fault[] = []
  const target = targetOf(declared, manifest)
  const model = target && ownEntry(manifest.models, target.model)
  const drafts = model ? draftModel(target.model, model, { current, backends }, reportInto([], faultAt)).contracts : []
  const known = ownEntry(current.state.experiments ?? {}, name)
  const digests = { ...current.digests }
  const planned = planExperiments({
    manifest: { ...manifest, experiments: { [name]: declared } },
    drafts,
    current: { ...current, state: { ...current.state, experiments: known ? { [name]: known } : {} } },
    ...{ digests, report: reportInto(faults, faultAt), at, by },
  })[name]
  if (faults.length > 0 || !planned) throw refused(faults)
  const experiment = origin === undefined ? planned : { ...planned, origin }
  const experiments = { ...current.state.experiments, [name]: experiment }
  return { state: { ...current.state, experiments }, digests }
}

/** In the words of the manifest. */
function deployed({ state }: StoredCatalog): Manifest {
  const { experiments: _, ...rest } = state
  const read = readManifest(writeManifest(rest))
  if ('manifest' in read) return read.manifest
  const [fault] = read.faults
  throw new AstraError('conflict', {
    detail: 'What is deployed does not read as a manifest, so that nothing can be declared beside it',
    next: 'Declare the experiment in the manifest, and apply that.',
    ...(fault ? { reason: `${fault.path}: ${fault.message}` } : {}),
  })
}

/** Within the declaration: /candidates/0. What is about it as a whole is about its name. */
const faultAt: FaultAt = (place, message, suggestion) => {
  const within = place[0] === 'experiments' ? place.slice(2) : place
  const path = (within.length > 0 ? within : ['name']).map(
    (key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`,
  )
  return { path: path.join(''), message, ...(suggestion === undefined ? {} : { suggestion }) }
}

function refused(faults: readonly (Violation & Pick<Fault, 'code'>)[]): AstraError {
  const [first, ...others] = faults
  const isConflict = faults.some(({ code }) => code === 'conflict')
  const detail = first ? { detail: `${first.path}: ${first.message}` } : {}
  // One that is told as a whole needs no list.
  if (isConflict && first && others.length === 0) {
    return new AstraError('conflict', { ...detail, ...(first.suggestion ? { next: first.suggestion } : {}) })
  }
  const violations = faults.map(({ code: _, ...violation }) => violation)
  return new AstraError(isConflict ? 'conflict' : 'invalid_input', { ...detail, violations })
}
