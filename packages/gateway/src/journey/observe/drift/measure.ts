import { chosenPlace } from '../../../kernel/chosen-place.ts'
import type { DriftDropReason, Feature } from '../../../kernel/drift.ts'
import type { Observation } from '../../../kernel/observation.ts'
import type { TaskName } from '../../../kernel/tasks.ts'
import { type ReadOutput, readInputs, readOutputs } from '../said.ts'

/** What was found of a call, by place in the list of features; null where its side was not read. */
export type MeasuredCall = readonly (number | string | undefined | null)[]

export interface Measured {
  /** Undefined where neither side was read. */
  readonly values: MeasuredCall | undefined
  /** Why one of its sides could not be read. */
  readonly unread: readonly Exclude<DriftDropReason, 'full'>[]
}

type Side = { readonly value: unknown } | undefined

/**
 * Reads what was asked and answered: as costly as both are long, which `readInputs` and `readOutputs` bound. Of a list one item is
 * counted: those of one call are no values of their own.
 */
export function measure(seen: Observation, features: readonly Feature[]): Measured {
  const watches = (of: Feature['of']) => features.some((feature) => feature.of === of)
  const inputs = watches('input') ? readInputs(seen) : []
  const outputs = watches('output') ? outputsOf(seen) : []
  const unread = [inputs, outputs].flatMap((read) => (typeof read === 'string' ? [read] : []))
  const inputSides: readonly Side[] = typeof inputs === 'string' ? [] : inputs.map((value) => ({ value }))
  const outputSides = typeof outputs === 'string' ? [] : outputs
  const places = Math.max(inputSides.length, outputSides.length)
  const place = chosenPlace('drift item', seen.call.id, places)
  const sides = { input: inputSides[place], output: outputSides[place] }
  if (!sides.input && !sides.output) return { values: undefined, unread }
  const values = features.map(({ of, read }) => {
    const side = sides[of]
    return side ? read(side.value) : null
  })
  return { values, unread }
}

/** One an item, undefined of those that failed. */
function outputsOf({ said, contract, record }: Observation): readonly Side[] | 'too-large' | 'form' {
  const read = readOutputs(said)
  if (typeof read === 'string') return read
  const asOutput = wholeOf[contract.task]
  if (!asOutput && read.some((item) => 'text' in item)) return 'form'
  return read.map((item: ReadOutput): Side => {
    if ('output' in item) return { value: item.output }
    return 'text' in item && asOutput ? { value: asOutput(item.text, record.finish) } : undefined
  })
}

/** What a stream said in the form of a whole answer; of other tasks a text says nothing about the form. */
const wholeOf: Readonly<Partial<Record<TaskName, (text: string, finishReason: string | undefined) => unknown>>> = {
  chat: (text, finishReason) => ({ choices: [{ content: [{ type: 'text', text }], finishReason }] }),
  completion: (text, finishReason) => ({ text, finishReason }),
}
