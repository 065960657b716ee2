import { DATATYPES, decodeInferRequest, elementCount, type Tensor, type TensorSpec } from '@astraapi/oip'
import type { ModelFacts } from '../models/model.ts'
import type { Worker } from '../workers/worker.ts'
import { SERVING_FILE } from './serving-settings.ts'

export interface WarmUpRequest {
  readonly inputs: readonly Tensor[]
  readonly outputs: readonly string[]
}

/**
 * What to run before the first caller's, so that it does not pay for what is made on first use: the samples of
 * serving.json, else zeros and empty strings. Throws an Error that names the sample which is no request to this model. What
 * generates text is warm once it is loaded.
 */
export function warmUpRequests(
  samples: readonly object[] | undefined,
  { signature, generations }: Pick<ModelFacts, 'signature' | 'generations'>,
): readonly WarmUpRequest[] {
  if (generations !== undefined) return []
  if (samples === undefined) {
    return [{ inputs: signature.inputs.map(zeros), outputs: signature.outputs.map(({ name }) => name) }]
  }
  return samples.map((sample, index) => {
    try {
      const { inputs, outputs } = decodeInferRequest(Buffer.from(JSON.stringify(sample)), undefined, signature)
      return { inputs, outputs: outputs.map(({ name }) => name) }
    } catch (error) {
      throw new Error(`${SERVING_FILE}: warmUp[${index}]: ${error instanceof Error ? error.message : error}`)
    }
  })
}

function zeros({ name, datatype, shape: declared }: TensorSpec): Tensor {
  const shape = declared.map((size) => (size === -1 ? 1 : size))
  return { name, datatype, shape, data: DATATYPES[datatype].zeros(elementCount(shape)) }
}

/** Runs them one after the other. Rejects with the first failure; a worker that does not come to an end is killed. */
export async function warmUp(worker: Worker, requests: readonly WarmUpRequest[], computeMsMax: number): Promise<void> {
  for (const { inputs, outputs } of requests) {
    const late = () =>
      worker.kill('compute-time', `computed its warm-up for longer than ${computeMsMax} ms (computeMsMax)`)
    const timer = setTimeout(late, computeMsMax)
    await worker.infer(inputs, outputs).finally(() => clearTimeout(timer))
  }
}
