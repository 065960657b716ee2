import type { Shadow } from '../../kernel/contract-policies.ts'
import type { Violation } from '../../kernel/errors.ts'
import type { Schema } from '../../kernel/schema/schema.ts'
import { shadowMeasures } from '../../kernel/shadow.ts'
import { closed, list, text } from './forms.ts'
import type { FaultAt, Place } from './manifest.ts'

export const ignoredMax = 50

export const shadowForm: Schema = closed(
  { version: text, share: { type: 'number', exclusiveMinimum: 0, maximum: 1 } },
  {
    compare: {
      ...closed(
        {},
        {
          measure: { type: 'string', enum: shadowMeasures },
          tolerance: { type: 'number', minimum: 0, maximum: 1 },
          ignore: list({ ...text, maxLength: 500, examples: ['/score'] }, ignoredMax),
        },
      ),
      minProperties: 1,
    },
  },
)

/** What the form cannot say of how answers are compared; whether pointers lead anywhere, `checkShadows` tells. */
export function compareFaults({ compare = {} }: Shadow, at: Place, faultAt: FaultAt): Violation[] {
  const { measure, tolerance, ignore = [] } = compare
  const place = [...at, 'compare']
  const pointers = ignore.flatMap((pointer, i) =>
    pointer.startsWith('/')
      ? []
      : [
          faultAt(
            [...place, 'ignore', String(i)],
            `must be a JSON Pointer into the output: "${pointer}"`,
            `Did you mean "/${pointer}"?`,
          ),
        ],
  )
  if (tolerance === undefined || (measure !== undefined && measure !== 'label')) return pointers
  const message =
    measure === 'label'
      ? 'means nothing of labels: they agree when they are the same'
      : 'says how far apart, but not by what measure'
  const suggestion = measure === 'label' ? 'Leave it out.' : 'Say measure: text, number, vector or json beside it.'
  return [faultAt([...place, 'tolerance'], message, suggestion), ...pointers]
}
