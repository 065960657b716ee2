import type { Contract } from './catalog.ts'
import { chatFeatures, completionFeatures } from './chat-features.ts'
import type { DriftFeature } from './contract-policies.ts'
import type { Feature } from './drift.ts'
import { childPath, isJsonObject, pathKeys, typesOf } from './schema/facets.ts'
import type { Schema } from './schema/schema.ts'

/** So many are watched of one contract. */
export const featuresMax = 32
/** So deep below the whole fields are looked for. */
const depthMax = 4

export interface FeaturesOf {
  readonly features: readonly Feature[]
  /** How many more the schemas would give. */
  readonly leftOut: number
}

/** The declared ones, or those that the contract's schemas give. */
export function featuresOf({ task, published, drift }: Pick<Contract, 'task' | 'published' | 'drift'>): FeaturesOf {
  if (drift?.features) {
    const declared = Object.entries(drift.features)
    return { features: declared.map(([name, feature]) => featureAt(name, feature)), leftOut: 0 }
  }
  if (task === 'chat') return { features: chatFeatures, leftOut: 0 }
  if (task === 'completion') return { features: completionFeatures, leftOut: 0 }
  const found = [
    ...fieldsOf(published.input).map((field) => ({ of: 'input' as const, ...field })),
    ...fieldsOf(published.output).map((field) => ({ of: 'output' as const, ...field })),
  ]
  // What lies near the top says most; the order is the schema's.
  const kept = new Set([...found].sort((a, b) => a.depth - b.depth).slice(0, featuresMax))
  return {
    features: found.filter((field) => kept.has(field)).map((field) => featureAt(usualName(field), field)),
    leftOut: found.length - kept.size,
  }
}

export function featureAt(name: string, { of, at, as }: DriftFeature): Feature {
  const keys = pathKeys(at)
  const read = readers[as]
  const kind = as === 'category' ? 'categories' : 'numbers'
  const shown = as === 'probability' ? { shown: probabilityOf } : {}
  return { name, key: `${of}${at} ${as}`, of, kind, read: (value) => read(valueAt(value, keys)), ...shown }
}

const readers: Readonly<Record<DriftFeature['as'], Feature['read']>> = {
  length: (value) => (typeof value === 'string' || Array.isArray(value) ? value.length : undefined),
  number: (value) => (typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined),
  probability: (value) => (typeof value === 'number' ? logitOf(value) : undefined),
  category: (value) => (typeof value === 'object' || value === undefined ? undefined : String(value)),
}

/** Buckets are 2 % wide: of probabilities themselves, 0.98 and 0.999 would be one. What is no probability counts as the nearest one. */
function logitOf(probability: number): number {
  const within = Math.min(Math.max(probability, 1e-15), 1 - 1e-15)
  return Math.log(within / (1 - within))
}

function probabilityOf(logit: number): number {
  return 1 / (1 + Math.exp(-logit))
}

function valueAt(value: unknown, keys: readonly string[]): unknown {
  let found = value
  for (const key of keys) {
    if (Array.isArray(found)) found = /^\d+$/.test(key) ? found[Number(key)] : undefined
    else if (isJsonObject(found) && Object.hasOwn(found, key)) found = found[key]
    else return undefined
  }
  return found
}

interface Field {
  readonly at: string
  readonly as: DriftFeature['as']
  readonly depth: number
}

/** Below a list or a map nothing is looked for: there is no one value. */
function fieldsOf(schema: Schema, at = '', depth = 0): readonly Field[] {
  const as = usualUse(schema)
  if (as) return [{ at, as, depth }]
  if (depth >= depthMax) return []
  return Object.entries(schema.properties ?? {}).flatMap(([key, child]) =>
    fieldsOf(child, childPath(at, key), depth + 1),
  )
}

/** What there is to count of a value; undefined where nothing is, as it is always the same, or of any form. */
function usualUse(schema: Schema): DriftFeature['as'] | undefined {
  if (schema.const !== undefined || schema.enum?.length === 1) return undefined
  if (schema.enum) return 'category'
  const types = typesOf(schema)?.filter((type) => type !== 'null') ?? []
  const [type] = types
  if (types.length !== 1 || type === undefined) return undefined
  if (type === 'array' && (schema.prefixItems || fixed(schema.minItems, schema.maxItems))) return undefined
  if (type === 'string' && (schema.format || fixed(schema.minLength, schema.maxLength))) return undefined
  if (schema.minimum === 0 && schema.maximum === 1 && type === 'number') return 'probability'
  return usesByType[type]
}

const usesByType: Readonly<Partial<Record<string, DriftFeature['as']>>> = {
  string: 'length',
  array: 'length',
  number: 'number',
  integer: 'number',
  boolean: 'category',
}

function fixed(least: number | undefined, most: number | undefined): boolean {
  return least !== undefined && least === most
}

/** "input.text.length", "output.label". */
function usualName({ of, at, as }: DriftFeature): string {
  return [of, ...pathKeys(at), ...(as === 'length' ? ['length'] : [])].join('.')
}
