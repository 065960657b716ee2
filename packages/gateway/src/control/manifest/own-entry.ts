/** What stands under a name that people chose: "constructor" must not find what every object inherits. */
export function ownEntry<T>(record: Readonly<Record<string, T>>, name: string | number): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined
}
