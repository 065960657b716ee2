import {
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type ValueNode,
} from 'graphql'

/** What an operation asks for, read from the document alone: enough for limits, and to know which models the schema needs. */
export interface Survey {
  /** With fragments followed, each time they are used. Counting ends past the limit. */
  readonly fields: number
  readonly depth: number
  readonly aliases: number
  /** Inference fields and subscriptions: each would be a Call. */
  readonly calls: number
  /** How many copies of one part of the body the calls can hold: their number, or the uses of the most used variable. */
  readonly copies: number
  /** The fields below `models`. */
  readonly models: ReadonlySet<string>
  /** The fields of a subscription. */
  readonly streams: ReadonlySet<string>
  /** Whether inference is selected, even `models` without a call below it. */
  readonly infers: boolean
  /** Selections of `__schema` and `__type`. */
  readonly introspections: number
  /** Whether it is a query of inference alone, without directives: then `planQuery` can compile it. */
  readonly plannable: boolean
  /** Whether it asks for the schema and nothing else, so that the answer is the same for everyone. */
  readonly schemaOnly: boolean
}

export type Fragments = ReadonlyMap<string, FragmentDefinitionNode>

export function surveyOf(operation: OperationDefinitionNode, fragments: Fragments, fieldsMax: number): Survey {
  const tally: Tally = {
    fields: 0,
    depth: 0,
    aliases: 0,
    calls: 0,
    copies: 0,
    models: new Set(),
    streams: new Set(),
    infers: false,
    introspections: 0,
    plannable: operation.operation === 'query',
    schemaOnly: operation.operation === 'query' && !operation.variableDefinitions?.length,
  }
  const walk = { tally, fragments, fieldsMax, open: new Set<string>(), uses: new Map<string, number>() }
  visit(walk, operation.selectionSet.selections, operation.operation, 1)
  tally.copies = Math.max(tally.calls, ...walk.uses.values())
  return tally
}

type Tally = { -readonly [K in keyof Survey]: Survey[K] extends ReadonlySet<infer T> ? Set<T> : Survey[K] }

interface Walk {
  readonly tally: Tally
  readonly fragments: Fragments
  readonly fieldsMax: number
  /** The fragments that are being followed: validation will refuse cycles, here they must only not hang. */
  readonly open: Set<string>
  /** Of each variable, in arguments. */
  readonly uses: Map<string, number>
}

/**
 * Where a selection stands. Only names at fixed places mean models; below introspection depth is graphql-js's to limit
 * (MaxIntrospectionDepthRule), as its own standard query is deeper than any other should be.
 */
type Place = 'query' | 'mutation' | 'subscription' | 'models' | 'model' | 'below' | 'introspection'

function visit(walk: Walk, selections: readonly SelectionNode[], place: Place, depth: number): void {
  const { tally, fieldsMax } = walk
  for (const selection of selections) {
    // Fragments that use fragments twice grow exponentially: the walk ends here, and the limit on fields refuses it.
    if (++tally.fields > fieldsMax) return
    if (selection.directives?.length) tally.plannable = tally.schemaOnly = false
    if (selection.kind === Kind.FIELD) visitField(walk, selection, place, depth)
    else if (selection.kind === Kind.INLINE_FRAGMENT) visit(walk, selection.selectionSet.selections, place, depth)
    else follow(walk, selection.name.value, place, depth)
  }
}

function follow(walk: Walk, name: string, place: Place, depth: number): void {
  const fragment = walk.fragments.get(name)
  if (!fragment || walk.open.has(name)) return
  walk.open.add(name)
  visit(walk, fragment.selectionSet.selections, place, depth)
  walk.open.delete(name)
}

function visitField(
  walk: Walk,
  { name: { value: name }, alias, arguments: args, selectionSet }: FieldNode,
  place: Place,
  depth: number,
): void {
  const { tally } = walk
  if (alias) tally.aliases++
  // As a key of a plain object it would be lost.
  if (alias?.value === '__proto__') tally.plannable = false
  if (place !== 'introspection') tally.depth = Math.max(tally.depth, depth)
  const below = placeBelow(place, name)
  if (name === '__schema' || name === '__type') tally.introspections++
  for (const { value } of args ?? []) countUses(walk, value)
  if (place === 'query' && !name.startsWith('__')) {
    tally.schemaOnly = false
    if (below === 'models') tally.infers = true
  }
  if (place === 'query' && below !== 'models' && name !== '__typename') tally.plannable = false
  if (!name.startsWith('__')) count(tally, place, name)
  visit(walk, selectionSet?.selections ?? [], below, depth + 1)
}

function countUses(walk: Walk, value: ValueNode): void {
  if (value.kind === Kind.VARIABLE) walk.uses.set(value.name.value, (walk.uses.get(value.name.value) ?? 0) + 1)
  else if (value.kind === Kind.LIST) for (const item of value.values) countUses(walk, item)
  else if (value.kind === Kind.OBJECT) for (const field of value.fields) countUses(walk, field.value)
}

function count(tally: Tally, place: Place, name: string): void {
  if (place === 'models') tally.models.add(name)
  if (place === 'subscription') tally.streams.add(name)
  if (place !== 'model' && place !== 'subscription') return
  tally.calls++
  tally.infers = true
}

function placeBelow(place: Place, field: string): Place {
  if (field === '__schema' || field === '__type' || place === 'introspection') return 'introspection'
  if (place === 'query') return field === 'models' ? 'models' : 'below'
  return place === 'models' ? 'model' : 'below'
}
