import type { ContractRevision } from '../../kernel/catalog-state.ts'
import { taskTable } from '../../kernel/tasks.ts'
import type { TensorSignature } from '../../kernel/tensors.ts'
import type { DraftVersion } from './draft-version.ts'
import type { Report } from './report.ts'
import { difference, misfits, usedTensors } from './tensor-fit.ts'

/**
 * Gives each revision a tensor signature where it has none: that of the first version which implements it and reports its
 * tensors. The others that implement it, and later revisions, must keep to it. Undefined when there are faults.
 */
export function signRevisions(
  revisions: readonly ContractRevision[],
  reports: readonly TensorReport[],
  report: Report,
): readonly ContractRevision[] | undefined {
  const unfit = reports.flatMap(({ version, tensors }) => {
    const own = revisions[revisionFor(version, revisions.length) - 1]
    return (own ? misfits(own, tensors) : []).map((message) => ({ place: version.place, message }))
  })
  for (const { place, message } of unfit) report('invalid_manifest', place, message)
  if (unfit.length > 0) return undefined
  const signed = withSignatures(revisions, reports)
  return checkSignatures(signed, reports, report) ? signed : undefined
}

/** A version's own report of its tensors. */
export interface TensorReport {
  readonly version: DraftVersion
  readonly tensors: TensorSignature
}

/**
 * The number of the contract revision that a version implements; a new version implements the latest. Of a task whose schemas are not the
 * manifest's to choose, old ones do too: its revisions come with releases of this software, as do the backends that know them.
 */
export function revisionFor({ revision, known, task }: DraftVersion, latest: number): number {
  const kept = taskTable[task].takes.length > 0 ? known?.revision : undefined
  return revision ?? kept ?? latest
}

function withSignatures(
  revisions: readonly ContractRevision[],
  reports: readonly TensorReport[],
): readonly ContractRevision[] {
  return revisions.map((revision, i) => {
    if (revision.tensors) return revision
    const first = reports.find(({ version }) => revisionFor(version, revisions.length) === i + 1)
    return first ? { ...revision, tensors: usedTensors(revision, first.tensors) } : revision
  })
}

/** Callers that speak tensors send and read the same ones through every version and revision. */
function checkSignatures(
  revisions: readonly ContractRevision[],
  reports: readonly TensorReport[],
  report: Report,
): boolean {
  let sound = true
  for (const { version, tensors } of reports) {
    const own = revisionFor(version, revisions.length)
    for (const [i, revision] of revisions.slice(0, own).entries()) {
      const found = revision.tensors && difference(revision.tensors, usedTensors(revision, tensors))
      if (found === undefined) continue
      report(i + 1 === own ? 'invalid_manifest' : 'breaking_change', version.place, `${found} in revision ${i + 1}`)
      sound = false
      break
    }
  }
  return sound
}
