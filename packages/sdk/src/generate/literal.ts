/** A TypeScript literal of a JSON scalar. */
export function literal(value: string | number | boolean | null): string {
  if (typeof value !== 'string') return JSON.stringify(value)
  // Every double quote in JSON text stands behind the backslash that escapes it.
  return `'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}

/** A property's name as an object type writes it. */
export function propertyKey(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : literal(name)
}
