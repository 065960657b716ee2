import { setImmediate } from 'node:timers/promises'
import type { Contract } from '../../kernel/catalog.ts'
import type { Violation } from '../../kernel/errors.ts'
import type { EvaluationCase } from '../../kernel/evaluation.ts'
import { propertyOf } from '../../kernel/schema/facets.ts'
import { didYouMean } from '../../kernel/schema/nearest.ts'
import { labelText } from './compare-expected.ts'

/** Of so many places each says something; the others are as likely wrong in the same way. */
const violationsMax = 20
/** Cases that are looked at in one turn: calls are served between. */
const turnCases = 50

/** Cases whose inputs do not fit the contract, whose truth no version could answer, and ids that stand there twice. */
export async function faultsOfCases(
  cases: readonly EvaluationCase[],
  { check, published }: Contract,
): Promise<readonly Violation[]> {
  const labels = propertyOf(published.output, 'label')?.enum?.map(String)
  const seen = new Set<string>()
  const faults: Violation[] = []
  for (const [place, { id, input, expected }] of cases.entries()) {
    if (place % turnCases === turnCases - 1) await setImmediate()
    if (seen.has(id)) faults.push({ path: `/cases/${place}/id`, message: `stands there twice: "${id}"` })
    seen.add(id)
    faults.push(...(check.input(input, `/cases/${place}/input`) ?? []))
    const label = labelText(expected)
    if (labels && label !== undefined && !labels.includes(label)) {
      const { suggestion = `There are ${labels.slice(0, 20).join(', ')}.` } = didYouMean(label, labels)
      faults.push({ path: `/cases/${place}/expected`, message: 'is no label of the contract', suggestion })
    }
    if (faults.length >= violationsMax) break
  }
  return faults.slice(0, violationsMax)
}
