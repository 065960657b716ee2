import type { ContractRevision } from '../../kernel/catalog-state.ts'
import { closeSchema } from '../../kernel/schema/closed.ts'
import { breakingChanges, sameRevision } from '../../kernel/schema/compatibility.ts'
import { pathKeys } from '../../kernel/schema/facets.ts'
import { taskTable } from '../../kernel/tasks.ts'
import type { TensorSignature } from '../../kernel/tensors.ts'
import { usualStreams } from '../manifest/defaults.ts'
import type { ManifestContract, Place } from '../manifest/manifest.ts'
import { ownEntry } from '../manifest/own-entry.ts'
import type { DraftVersion } from './draft-version.ts'
import type { DraftContract } from './plan-contract.ts'
import type { Report } from './report.ts'
import { signRevisions, type TensorReport } from './sign-revisions.ts'
import { schemaFromTensors } from './tensor-schema.ts'

/**
 * The contract's revisions with the one that the manifest declares: the latest as it is, the latest with other notes, or one
 * more. Undefined when there are faults, which are reported.
 */
export function planRevisions(
  draft: DraftContract,
  reports: readonly TensorReport[],
  report: Report,
): readonly ContractRevision[] | undefined {
  const { contract, place, known } = draft
  const schemas = schemasOf(contract, known?.revisions.at(-1), reports[0]?.tensors)
  if (!schemas) {
    report('invalid_manifest', place, 'has no "task" and no schemas, and no version whose tensors would tell them')
    return undefined
  }
  let sound = true
  const fault: Report = (...facts) => {
    sound = false
    report(...facts)
  }
  const history = known ? keptHistory(known.revisions, draft, fault) : foldEarlier(draft, fault)
  const revisions = withRevision(history, schemas, (path, message, suggestion) =>
    fault('breaking_change', placeIn(contract, place, path), message, suggestion),
  )
  checkNumbers(draft.versions, revisions.length, fault)
  if (!sound) return undefined
  return sound ? signRevisions(revisions, reports, report) : undefined
}

/** As the manifest declares them; what it leaves to the tensors was settled when the contract was applied first. */
function schemasOf(
  contract: ManifestContract,
  latest: ContractRevision | undefined,
  tensors: TensorSignature | undefined,
): ContractRevision | undefined {
  const task = taskTable[contract.task ?? 'custom']
  const { labels, dimensions } = contract
  const options = { ...(labels ? { labels } : {}), ...(dimensions ? { dimensions } : {}) }
  const input = contract.input ?? task.input ?? latest?.input ?? (tensors && schemaFromTensors(tensors.inputs))
  const output =
    contract.output ?? task.output(options) ?? latest?.output ?? (tensors && schemaFromTensors(tensors.outputs))
  const streams = contract.streams ?? usualStreams(contract.task ?? 'custom')
  const chunk = streams ? (contract.chunk ?? task.chunk) : undefined
  return input && output ? closed({ input, output, ...(chunk ? { chunk } : {}) }) : undefined
}

/** Fields that no schema declares are refused; whoever reads the schemas by JSON Schema's own rules must see it. */
function closed({ input, output, chunk }: ContractRevision): ContractRevision {
  return {
    input: closeSchema(input),
    output: closeSchema(output),
    ...(chunk ? { chunk: closeSchema(chunk) } : {}),
  }
}

/** This gateway's own history counts; another one in the manifest would number the revisions differently. */
function keptHistory(
  revisions: readonly ContractRevision[],
  { contract, place }: DraftContract,
  report: Report,
): readonly ContractRevision[] {
  for (const [i, earlier] of (contract.earlier ?? []).entries()) {
    const kept = revisions[i]
    if (kept && sameRevision(schemasOnly(kept), earlier)) continue
    const message = `is not revision ${i + 1} as this gateway has it`
    report('breaking_change', [...place, 'earlier', String(i)], message, 'Leave "earlier" out: it is for new gateways.')
  }
  return revisions
}

function foldEarlier({ contract, place }: DraftContract, report: Report): readonly ContractRevision[] {
  return (contract.earlier ?? []).reduce<readonly ContractRevision[]>(
    (history, earlier, i) =>
      withRevision(history, closed(earlier), (path, message, suggestion) =>
        report('breaking_change', [...place, 'earlier', String(i), ...pathKeys(path)], message, suggestion),
      ),
    [],
  )
}

function withRevision(
  history: readonly ContractRevision[],
  next: ContractRevision,
  report: (path: string, message: string, suggestion: string) => void,
): readonly ContractRevision[] {
  const latest = history.at(-1)
  if (!latest) return [next]
  const { tensors } = latest
  // Notes are no part of what callers rely on: a better description makes no revision.
  if (sameRevision(schemasOnly(latest), next)) return [...history.slice(0, -1), tensors ? { ...next, tensors } : next]
  for (const { path, message } of breakingChanges(schemasOnly(latest), next)) {
    report(path, message, 'Undo it, or declare it under a new major version.')
  }
  return [...history, next]
}

function schemasOnly({ tensors: _, ...schemas }: ContractRevision): ContractRevision {
  return schemas
}

/** What stands in the manifest for a schema that the task makes. */
const standIns: Readonly<Record<string, readonly (keyof ManifestContract)[]>> = {
  input: ['task'],
  output: ['labels', 'dimensions', 'task'],
  chunk: ['streams', 'task'],
}

function placeIn(contract: ManifestContract, place: Place, path: string): Place {
  const [side = '', ...rest] = pathKeys(path)
  if (Object.hasOwn(contract, side)) return [...place, side, ...rest]
  const standIn = ownEntry(standIns, side)?.find((field) => Object.hasOwn(contract, field))
  return standIn === undefined ? [...place, side, ...rest] : [...place, standIn]
}

function checkNumbers(versions: readonly DraftVersion[], latest: number, report: Report): void {
  for (const { revision = 0, place } of versions) {
    if (revision <= latest) continue
    report('invalid_manifest', [...place, 'revision'], `is above the contract's latest revision, ${latest}`)
  }
}
