/**
 * Names as GraphQL takes them. A model's name is camel-cased (`support-chat` -> `supportChat`); a property that is a GraphQL
 * name already stays as it is, so that most inputs and outputs look the same at every door.
 */
export function camelCase(name: string): string {
  const [first = '', ...rest] = name.split(/[^A-Za-z0-9_]+/).filter((word) => word !== '')
  return first + rest.map(capital).join('')
}

/** For the names of types. */
export function pascalCase(name: string): string {
  return capital(camelCase(name))
}

/**
 * The name of a type below `SpamV1`, by its path. No other model's types may meet it, whichever models stand in the schema:
 * therefore the path never holds what looks like the `V1` that ends the model's part.
 */
export function typeName(contract: string, path: readonly string[]): string {
  const words = path.flatMap((step) => step.split('_')).map(capital)
  return contract + words.join('').replaceAll(/V(?=\d)/g, 'V_')
}

/** The GraphQL name of each property, in their order; what collides gets `_2`, `_3`… behind properties that need no change. */
export function fieldNames(properties: readonly string[]): ReadonlyMap<string, string> {
  const taken = new Set(properties.filter(usable))
  const names = new Map<string, string>()
  for (const property of properties)
    names.set(property, usable(property) ? property : unused(fieldName(property), taken))
  return names
}

/** Makes a name that `taken` does not hold yet, and puts it there. */
export function unused(name: string, taken: Set<string>): string {
  let free = name
  for (let n = 2; taken.has(free); n++) free = `${name}_${n}`
  taken.add(free)
  return free
}

/** Whether this may be the name of an enum's value. */
export function isEnumName(name: unknown): name is string {
  return typeof name === 'string' && usable(name) && !['true', 'false', 'null'].includes(name)
}

/** Two underscores belong to introspection; what every object inherits (`constructor`) would be read from the prototype. */
function usable(name: string): boolean {
  return /^(?!__)[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !(name in Object.prototype)
}

function fieldName(property: string): string {
  // Of underscores alone nothing is left: a number behind them would make a name of introspection's.
  const name = camelCase(property).replace(/^_+$/, '').replace(/^__+/, '')
  if (usable(name)) return name
  if (name in Object.prototype) return `${name}_`
  return name === '' ? 'field' : `_${name}`
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
