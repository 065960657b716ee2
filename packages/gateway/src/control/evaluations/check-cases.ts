import { setImmediate } from 'node:timers/promises'
import type { Contract } from '../../kernel/catalog.ts'
import type { Violation } from '../../kernel/errors.ts'
import type { EvaluationCase } from '../../kernel/evaluation.ts'
import { additionalOf, isJsonObject, propertyOf } from '../../kernel/schema/facets.ts'
import { didYouMean } from '../../kernel/schema/nearest.ts'
import type { Schema } from '../../kernel/schema/schema.ts'
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
    } else faults.push(...strangeFields(expected, published.output, `/cases/${place}/expected`))
    if (faults.length >= violationsMax) break
  }
  return faults.slice(0, violationsMax)
}

/** Where it names fields that no answer can have, every answer would be wrong: a slip, which is dear to find out by asking. */
function strangeFields(expected: unknown, output: Schema, path: string): readonly Violation[] {
  const { properties } = output
  if (!isJsonObject(expected) || !properties || output.oneOf) return []
  const names = Object.keys(expected)
  const strange = names.filter((name) => !propertyOf(output, name))
  // One that may have others, too, has at least one of its own in what is expected.
  if (additionalOf(output) !== false && strange.length < names.length) return []
  const known = Object.keys(properties)
  return strange.slice(0, 1).map((name) => {
    const { suggestion = `There are ${known.slice(0, 20).join(', ')}.` } = didYouMean(name, known)
    return { path, message: `names what no answer has: "${name.slice(0, 64)}"`, suggestion }
  })
}
