import { chosenPlace } from '../../../kernel/chosen-place.ts'
import { readsText } from '../../../kernel/judge.ts'
import type { Observation } from '../../../kernel/observation.ts'
import { propertyOf } from '../../../kernel/schema/facets.ts'
import type { Schema } from '../../../kernel/schema/schema.ts'
import type { TaskName } from '../../../kernel/tasks.ts'
import { type ReadOutput, readInputs, readOutputs } from '../said.ts'
import { inOrder, wordsOf } from './words-of.ts'

/**
 * All that a judge is told of a call: what was asked and what was answered, in the forms that the judge's own input has. Nothing of who
 * answered or who asked, so that it judges every version alike. Of a batch it is one item, chosen by the call's id.
 */
export function givenTo(takes: Schema, seen: Observation): Given | 'too-large' | 'form' {
  const { call, contract, said } = seen
  const [inputs, outputs] = [readInputs(seen), readOutputs(said)]
  if (typeof inputs === 'string') return inputs
  if (typeof outputs === 'string') return outputs
  const answered = outputs.flatMap((output, place) => ('error' in output ? [] : [{ output, input: inputs[place] }]))
  const one = answered[chosenPlace('judged item', call.id, answered.length)]
  if (!one) return 'form'
  const [input, output] = [
    side(takes, 'input', { output: one.input }, contract.task),
    side(takes, 'output', one.output, contract.task),
  ]
  return input === undefined || output === undefined ? 'form' : { input, output }
}

export interface Given {
  readonly input: unknown
  readonly output: unknown
}

/** Undefined where the judge takes no such form: only the words of a stream are known. */
function side(
  takes: Schema,
  name: keyof Given,
  read: Exclude<ReadOutput, { error: unknown }>,
  task: TaskName,
): unknown {
  const asText = readsText(propertyOf(takes, name) ?? {})
  if ('text' in read) return asText ? read.text : undefined
  return asText ? wordsOf(read.output, task) : inOrder(read.output)
}
