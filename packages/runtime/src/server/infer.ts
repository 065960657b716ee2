import { ProtocolError, parseJsonBody, readInferRequest, writeInferResponse } from '@astraapi/oip'
import type { LoadedVersion } from '../repository/load-version.ts'

export interface InferAnswer {
  readonly body: string
  /** The value of the `Server-Timing` header. */
  readonly timing: string
}

/** One inference, from body to body. Throws the signal's reason when it aborts before the answer is computed. */
export async function infer(
  loaded: LoadedVersion,
  body: Uint8Array | undefined,
  signal: AbortSignal,
): Promise<InferAnswer> {
  const { name, version, model, lane } = loaded
  const { id, inputs, outputs } = readInferRequest(parseJsonBody(body), model.signature)
  const { value, queueMs, computeMs } = await lane.run(
    () => model.infer(inputs, outputs, signal).catch(rethrow),
    signal,
  )
  return {
    body: writeInferResponse({ model: name, version, id, outputs: value }),
    timing: `queue;dur=${queueMs.toFixed(3)}, compute;dur=${computeMs.toFixed(3)}`,
  }

  function rethrow(error: unknown): never {
    if (error instanceof ProtocolError) throw error
    const message = `Version ${version} of ${name} failed on this input; the log of the runtime says why`
    throw new ProtocolError('internal', message, { cause: error })
  }
}
