import { canonical } from './digest.ts'

/** `a: 1, b: text`; what is undefined is left out. */
export function facts(fields: Readonly<Record<string, unknown>>): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${typeof value === 'object' ? canonical(value) : value}`)
    .join(', ')
}
