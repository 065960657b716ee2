import type { Tensor } from '@astraapi/oip'
import type { InferOptions } from '../batching/batcher.ts'
import type { Inferred } from '../batching/call.ts'
import { overloaded } from '../batching/queue-bound.ts'
import type { GenerationLine } from './generation-line.ts'

/** A tensor call to a model that generates text: `text_input` of one element in, all that is written on from it out. */
export async function inferByGeneration(
  line: GenerationLine,
  [input]: readonly Tensor[],
  outputs: readonly string[],
  { signal, deadlineMs }: InferOptions,
): Promise<Inferred> {
  const leaving = new AbortController()
  const leave = () => leaving.abort(signal.reason)
  const expire = () => leaving.abort(overloaded('The answer was not there in time', 0))
  signal.throwIfAborted()
  signal.addEventListener('abort', leave)
  const timer = deadlineMs === undefined ? undefined : setTimeout(expire, deadlineMs - performance.now())
  let text = ''
  try {
    const { queueMs, computeMs } = await line.generate(
      { input: String(input?.data[0] ?? '') },
      {
        signal: leaving.signal,
        onPiece(piece) {
          if (!piece.isReasoning) text += piece.text
        },
      },
    )
    const tensors = outputs.map((name): Tensor => ({ name, datatype: 'BYTES', shape: [1], data: [text] }))
    return { outputs: tensors, queueMs, computeMs, batchRows: 1 }
  } finally {
    signal.removeEventListener('abort', leave)
    clearTimeout(timer)
  }
}
