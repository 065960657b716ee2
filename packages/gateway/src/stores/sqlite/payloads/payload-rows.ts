import type { SQLInputValue } from 'node:sqlite'
import type { PayloadsOf } from '../../../kernel/payload.ts'

const conditions: Readonly<Record<keyof PayloadsOf, string>> = {
  model: 'model = ?',
  major: 'major = ?',
  version: 'version = ?',
  from: 'time >= ?',
  to: 'time < ?',
}

/** "WHERE …" over all that is given, and what stands for its question marks. */
export function payloadsWhere(of: PayloadsOf): { where: string; parameters: readonly SQLInputValue[] } {
  const names = ['model', 'major', 'version', 'from', 'to'] as const satisfies readonly (keyof PayloadsOf)[]
  const given = names.flatMap((name) => (of[name] === undefined ? [] : [{ term: conditions[name], value: of[name] }]))
  return {
    where: `WHERE ${given.map(({ term }) => term).join(' AND ')}`,
    parameters: given.map(({ value }) => value),
  }
}
