import type { Catalog, Model } from '../../kernel/catalog.ts'
import { AstraError, type ErrorCode } from '../../kernel/errors.ts'
import type { ExperimentState } from '../../kernel/experiment.ts'
import { nearest } from '../../kernel/schema/nearest.ts'
import { ownEntry } from '../manifest/own-entry.ts'

/** Throws `unknown_model`, naming the nearest. */
export function modelOf(catalog: Catalog, name: string): Model {
  const model = catalog.model(name)
  if (!model) throw unknown('unknown_model', `There is no model "${name}"`, name, catalog.modelNames())
  return model
}

/** Throws `unknown_consumer`, naming the nearest. */
export function requireConsumer(catalog: Catalog, name: string): void {
  if (catalog.hasConsumer(name)) return
  throw unknown('unknown_consumer', `There is no consumer "${name}"`, name, Object.keys(catalog.state.consumers))
}

/** Throws `unknown_experiment`, naming the nearest. */
export function experimentOf({ state }: Catalog, name: string): ExperimentState {
  const { experiments = {} } = state
  const experiment = ownEntry(experiments, name)
  if (experiment) return experiment
  throw unknown('unknown_experiment', `There is no experiment "${name}"`, name, Object.keys(experiments))
}

function unknown(code: ErrorCode, detail: string, name: string, known: readonly string[]): AstraError {
  const meant = nearest(name, known)
  return new AstraError(code, { detail, ...(meant === undefined ? {} : { next: `Did you mean "${meant}"?` }) })
}
