import type { Caller } from '../../kernel/caller.ts'
import type { CaseSet } from '../../kernel/case-set.ts'
import type { Catalog, Model } from '../../kernel/catalog.ts'
import { AstraError } from '../../kernel/errors.ts'
import type { ExperimentState } from '../../kernel/experiment.ts'
import { experimentOf, modelOf } from './unknown.ts'

/** A key that is bound to models learns and changes nothing of others. Throws `model_forbidden`, naming the owner. */
export function requireModel(name: string, { models }: Caller, catalog: Catalog): void {
  if (models?.has(name) !== false) return
  const owner = catalog.model(name)?.owner
  throw new AstraError('model_forbidden', {
    detail: `This key may not use the model "${name}"`,
    ...(owner === undefined ? {} : { next: `Ask its owner for access: ${owner}.` }),
  })
}

/** Throws `unknown_model`, or `model_forbidden`. */
export function modelFor(caller: Caller, name: string, catalog: Catalog): Model {
  const model = modelOf(catalog, name)
  requireModel(name, caller, catalog)
  return model
}

/** Throws `unknown_experiment`, or `model_forbidden`. */
export function experimentFor(caller: Caller, name: string, catalog: Catalog): ExperimentState {
  const experiment = experimentOf(catalog, name)
  requireModel(experiment.model, caller, catalog)
  return experiment
}

/** A set is of no model: a bound key has those that it put itself, and those that gates of its models are on. */
export function mayReadSet({ name, by }: CaseSet, { models, keyId }: Caller, catalog: Catalog): boolean {
  return models === undefined || by === keyId || gatedOn(name, catalog).some((model) => models.has(model))
}

/** What others' gates are on, it cannot change. */
export function mayChangeSet({ name, by }: CaseSet, { models, keyId }: Caller, catalog: Catalog): boolean {
  if (models === undefined) return true
  const gated = gatedOn(name, catalog)
  return (by === keyId || gated.length > 0) && gated.every((model) => models.has(model))
}

export function setForbidden(name: string): AstraError {
  return new AstraError('forbidden', {
    detail: `This key is bound to models, and the set "${name}" is another's`,
    next: 'Ask whoever put it, or put the cases under another name.',
  })
}

/** Models with a gate on the set. */
function gatedOn(name: string, { state }: Catalog): readonly string[] {
  return Object.entries(state.models).flatMap(([model, { contracts }]) => {
    const gates = Object.values(contracts).flatMap(({ gates = [] }) => gates)
    return gates.some(({ data }) => data === name) ? [model] : []
  })
}
