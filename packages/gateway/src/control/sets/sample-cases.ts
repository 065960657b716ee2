import { hash } from 'node:crypto'
import type { EvaluationCase } from '../../kernel/evaluation.ts'
import { inTurns } from './case-lines.ts'

/**
 * At most so many, in their order: those whose inputs and ids have the lowest hashes. So every version gets the same ones, and of a set
 * that grows most stay.
 */
export async function sampleCases(
  cases: readonly EvaluationCase[],
  most = Infinity,
): Promise<readonly EvaluationCase[]> {
  if (cases.length <= most) return cases
  const keyed: { readonly one: EvaluationCase; readonly key: string }[] = []
  const turn = inTurns()
  for (const one of cases) {
    const text = JSON.stringify([one.id, one.input])
    keyed.push({ one, key: hash('sha256', text) })
    await turn(text.length)
  }
  const chosen = keyed.toSorted((a, b) => (a.key < b.key ? -1 : 1)).slice(0, most)
  const taken = new Set(chosen.map(({ one }) => one))
  return cases.filter((one) => taken.has(one))
}
