import type { Schema, SchemaType } from './schema.ts'

/** What a schema says without saying it: the defaults of the subset, in one place for all who read schemas. */

/** Whether fields beyond `properties` may stand in the object, or what they must fit. */
export function additionalOf(schema: Schema): boolean | Schema {
  return schema.additionalProperties ?? schema.properties === undefined
}

/** The JSON types that it takes; undefined means any. */
export function typesOf({ type }: Schema): readonly SchemaType[] | undefined {
  return typeof type === 'string' ? [type] : type
}

/** Own properties only: a field may be called "constructor". */
export function propertyOf(schema: Schema, name: string): Schema | undefined {
  const { properties } = schema
  return properties && Object.hasOwn(properties, name) ? properties[name] : undefined
}

/** A JSON Pointer (RFC 6901) one step longer. */
export function childPath(path: string, key: string | number): string {
  return `${path}/${typeof key === 'number' ? key : key.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

/** The keys that a JSON Pointer is made of. */
export function pathKeys(path: string): string[] {
  return path
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
}

export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
