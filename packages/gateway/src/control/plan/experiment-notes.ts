import type { CatalogState } from '../../kernel/catalog.ts'
import type { ExperimentState } from '../../kernel/experiment.ts'
import { contractName, holdersOf } from '../catalog/held-traffic.ts'
import { ownEntry } from '../manifest/own-entry.ts'

const notesMax = 20

/** What is no fault and yet likely not meant of experiments: weights that do not act, traffic that comes too early, goes, or goes back. */
export function experimentNotes(current: CatalogState, next: CatalogState): readonly string[] {
  const held = holdersOf(current)
  const notes = Object.entries(next.experiments ?? {}).flatMap(([name, experiment]) => {
    const weights = weightsIn(next, experiment)
    if (!weights) return []
    const contract = contractName(experiment.model, experiment.major)
    if (held.get(contract)?.name === name) {
      return [`experiment "${name}" holds the traffic of ${contract}: its weights stay (${told(weights)})`]
    }
    if (experiment.progress.status === 'draft') return draftNotes(name, experiment, contract, weights)
    return returnNotes(name, experiment, contract, weights, weightsIn(current, experiment))
  })
  const more = notes.length - notesMax
  return more > 0 ? [...notes.slice(0, notesMax), `${more} more notes on experiments`] : notes
}

type Weights = Readonly<Record<string, number>>

function weightsIn({ models }: CatalogState, { model, major }: ExperimentState): Weights | undefined {
  return ownEntry(ownEntry(models, model)?.contracts ?? {}, major)?.weights
}

function draftNotes(
  name: string,
  { control, candidates }: ExperimentState,
  contract: string,
  weights: Weights,
): readonly string[] {
  const early = candidates.filter((id) => weights[id] !== undefined)
  const others = Object.keys(weights).filter((id) => id !== control && !candidates.includes(id))
  return [
    ...(early.length > 0
      ? [
          `experiment "${name}" has not begun, and ${early.join(', ')} of ${contract} has traffic already (${told(weights)})`,
        ]
      : []),
    ...(others.length > 0
      ? [`when experiment "${name}" starts, ${others.join(', ')} of ${contract} gets no more calls: it is no arm`]
      : []),
  ]
}

/** The file from before a promotion, applied again. */
function returnNotes(
  name: string,
  { progress }: ExperimentState,
  contract: string,
  weights: Weights,
  before: Weights | undefined,
): readonly string[] {
  const { winner } = progress
  if (winner === undefined || before?.[winner] === undefined || told(weights) === told(before)) return []
  const advice = `write traffic: {weights: {"${winner}": 100}} to keep it`
  return [
    `experiment "${name}" promoted ${winner}, and the manifest changes the weights of ${contract} after that (${told(weights)}): ${advice}`,
  ]
}

/** "1.0: 95 %, 1.1: 5 %" */
function told(weights: Weights): string {
  const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0)
  return Object.entries(weights)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, weight]) => `${id}: ${Number(((100 * weight) / total).toPrecision(6))} %`)
    .join(', ')
}
