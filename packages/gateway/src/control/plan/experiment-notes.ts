import type { CatalogState, ContractState } from '../../kernel/catalog-state.ts'
import { contractName } from '../../kernel/contract-name.ts'
import type { ExperimentState } from '../../kernel/experiment.ts'
import { publishedOf } from '../catalog/build-catalog.ts'
import { holdersOf, isOver, weightsOf } from '../catalog/held-traffic.ts'
import { ownEntry } from '../manifest/own-entry.ts'

const notesMax = 20

/** What is no fault and yet likely not meant of experiments: weights that do not act, traffic that comes too early, goes, or goes back. */
export function experimentNotes(current: CatalogState, next: CatalogState): readonly string[] {
  const held = holdersOf(current)
  const notes = Object.entries(next.experiments ?? {}).flatMap(([name, experiment]) => {
    if (experiment.origin === 'api' && !isOver(experiment.progress.status))
      return [`experiment "${name}" was made by the platform API, and stays: no manifest names it`]
    const state = contractIn(next, experiment)
    if (!state) return []
    const { weights } = state
    const contract = contractName(experiment.model, experiment.major)
    if (held.get(contract)?.name === name) {
      return [`experiment "${name}" holds the traffic of ${contract}: its weights stay (${told(weights)})`]
    }
    if (experiment.progress.status === 'draft') return draftNotes(name, experiment, contract, state)
    return returnNotes(name, experiment, contract, weights, contractIn(current, experiment)?.weights)
  })
  const more = notes.length - notesMax
  return more > 0 ? [...notes.slice(0, notesMax), `${more} more notes on experiments`] : notes
}

type Weights = Readonly<Record<string, number>>

function contractIn({ models }: CatalogState, { model, major }: ExperimentState): ContractState | undefined {
  return ownEntry(ownEntry(models, model)?.contracts ?? {}, major)
}

function draftNotes(
  name: string,
  experiment: ExperimentState,
  contract: string,
  state: ContractState,
): readonly string[] {
  const { control, candidates } = experiment
  const { weights } = state
  const early = candidates.filter((id) => Object.hasOwn(weights, id))
  const others = Object.keys(weights).filter((id) => id !== control && !candidates.includes(id))
  const revision = publishedOf({ ...state, weights: weightsOf(experiment) })
  return [
    ...(early.length > 0
      ? [
          `experiment "${name}" has not begun, and ${early.join(', ')} of ${contract} has traffic already (${told(weights)})`,
        ]
      : []),
    ...(others.length > 0
      ? [`when experiment "${name}" starts, ${others.join(', ')} of ${contract} gets no more calls: it is no arm`]
      : []),
    ...(revision < publishedOf(state)
      ? [
          `when experiment "${name}" starts, ${contract} goes back to its revision ${revision}: what came later is refused`,
        ]
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
  if (winner === undefined || !before || !Object.hasOwn(before, winner) || told(weights) === told(before)) return []
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
