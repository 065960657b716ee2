import { type Encoded, encodeInferResponse, itemsToTensors, type TensorSpec, type WantedOutput } from '@astraapi/oip'
import type { Item, WholeAnswer } from '../../../kernel/answer.ts'
import { AstraError } from '../../../kernel/errors.ts'

/** What a caller asked for of an answer. */
export interface AnswerWish {
  /** Echoed. */
  readonly id: string | undefined
  readonly wanted: readonly WantedOutput[]
  /** Of every output. */
  readonly outputSpecs: readonly TensorSpec[]
}

/** The body of an infer response, a row an item. Throws `invalid_output` for items that are no rows of the tensors. */
export function inferBody(answer: WholeAnswer, model: string, { id, wanted, outputSpecs }: AnswerWish): Encoded {
  const specs = outputSpecs.filter(({ name }) => wanted.some((output) => output.name === name))
  try {
    const outputs = itemsToTensors(specs, answer.items.map(outputOf))
    return encodeInferResponse({ model, version: answer.version, id, outputs }, wanted)
  } catch (thrown) {
    const reason = `the answer cannot be told as tensors: ${thrown instanceof Error ? thrown.message : thrown}`
    throw new AstraError('invalid_output', { reason, cause: thrown })
  }
}

/** A failed item fails the whole call at this door, long before. */
function outputOf(item: Item): unknown {
  if ('output' in item) return item.output
  throw item.error
}
