import { type FragmentDefinitionNode, Kind, type OperationDefinitionNode, type SelectionNode } from 'graphql'

/** What an operation asks for, read from the document alone: enough for limits, and to know which models the schema needs. */
export interface Survey {
  /** With fragments followed, each time they are used. Counting ends past the limit. */
  readonly fields: number
  readonly depth: number
  readonly aliases: number
  /** Inference fields and subscriptions: each would be a Call. */
  readonly calls: number
  /** Whether `models` is selected, even without a call below it. */
  readonly infers: boolean
  readonly introspects: boolean
  /** Whether it is a query of inference alone, without directives: then `planQuery` can compile it. */
  readonly plannable: boolean
  /** The fields below `models`. */
  readonly models: ReadonlySet<string>
  /** The fields of a subscription. */
  readonly streams: ReadonlySet<string>
}

/**
 * Where a selection stands. Only names at fixed places mean models; below introspection depth is graphql-js's to limit
 * (MaxIntrospectionDepthRule), as its own standard query is deeper than any other should be.
 */
type Place = 'query' | 'mutation' | 'subscription' | 'models' | 'model' | 'below' | 'introspection'

export type Fragments = ReadonlyMap<string, FragmentDefinitionNode>

export function surveyOf(operation: OperationDefinitionNode, fragments: Fragments, fieldsMax: number): Survey {
  const survey = { fields: 0, depth: 0, aliases: 0, calls: 0, infers: false, introspects: false, plannable: true }
  const models = new Set<string>()
  const streams = new Set<string>()
  const open = new Set<string>()

  const visit = (selections: readonly SelectionNode[], place: Place, depth: number): void => {
    for (const selection of selections) {
      // Fragments that use fragments twice grow exponentially: the walk ends, and the limit on fields refuses it.
      if (survey.fields > fieldsMax) return
      if (selection.directives?.length) survey.plannable = false
      if (selection.kind === Kind.FIELD) {
        const name = selection.name.value
        survey.fields++
        if (selection.alias) survey.aliases++
        if (!canPlan(place, name, selection.alias?.value)) survey.plannable = false
        if (place !== 'introspection') survey.depth = Math.max(survey.depth, depth)
        const below = placeBelow(place, name)
        note(place, below, name)
        visit(selection.selectionSet?.selections ?? [], below, depth + 1)
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        visit(selection.selectionSet.selections, place, depth)
      } else {
        follow(selection.name.value, place, depth)
      }
    }
  }
  /** Validation refuses cycles and unknown fragments; here they must only not hang. */
  const follow = (name: string, place: Place, depth: number): void => {
    const fragment = fragments.get(name)
    if (!fragment || open.has(name)) return
    open.add(name)
    survey.fields++
    visit(fragment.selectionSet.selections, place, depth)
    open.delete(name)
  }
  const note = (place: Place, below: Place, name: string): void => {
    if (name.startsWith('__')) {
      if (below === 'introspection') survey.introspects = true
      return
    }
    if (place === 'query' && below === 'models') survey.infers = true
    else if (place === 'models') models.add(name)
    else if (place === 'model') survey.calls++
    else if (place === 'subscription') {
      streams.add(name)
      survey.calls++
    }
  }
  visit(operation.selectionSet.selections, operation.operation, 1)
  return { ...survey, infers: survey.infers || survey.calls > 0, models, streams }
}

/** As a key of a plain object `__proto__` would be lost. */
function canPlan(place: Place, field: string, alias: string | undefined): boolean {
  const rootAllows = place !== 'query' || field === 'models' || field === '__typename'
  return rootAllows && alias !== '__proto__' && place !== 'mutation' && place !== 'subscription'
}

function placeBelow(place: Place, field: string): Place {
  if (field === '__schema' || field === '__type') return 'introspection'
  if (place === 'query') return field === 'models' ? 'models' : 'below'
  if (place === 'models') return 'model'
  return place === 'introspection' ? place : 'below'
}
