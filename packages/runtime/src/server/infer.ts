import { decodeInferRequest, type Encoded, encodeInferResponse, invalid, type Parameters, quote } from '@astraapi/oip'
import type { LoadedVersion } from '../repository/loaded-version.ts'

export interface InferBody {
  readonly body: Uint8Array | undefined
  /** The value of `Inference-Header-Content-Length`, if there is one. */
  readonly headerLength: string | undefined
}

export interface InferAnswer extends Encoded {
  readonly queueMs: number
  /** The value of the `Server-Timing` header. */
  readonly timing: string
}

/** One inference, from body to body. Throws the signal's reason when it aborts before the answer is computed. */
export async function infer(
  loaded: LoadedVersion,
  { body, headerLength }: InferBody,
  signal: AbortSignal,
): Promise<InferAnswer> {
  const { name, version, signature } = loaded
  const request = decodeInferRequest(body, headerLength, signature)
  const wanted = request.outputs.map((output) => output.name)
  const options = { signal, ...readDeadline(request.parameters) }
  const { outputs, queueMs, computeMs } = await loaded.infer(request.inputs, wanted, options)
  const encoded = encodeInferResponse({ model: name, version, id: request.id, outputs }, request.outputs)
  return { ...encoded, queueMs, timing: `queue;dur=${queueMs.toFixed(3)}, compute;dur=${computeMs.toFixed(3)}` }
}

/** Triton's parameter `timeout`: microseconds, 0 for none. */
function readDeadline({ timeout = 0 }: Parameters): { readonly deadlineMs?: number } {
  if (typeof timeout !== 'number' || !Number.isSafeInteger(timeout) || timeout < 0) {
    throw invalid(`The parameter timeout must be a whole number of microseconds, not ${quote(timeout)}`)
  }
  return timeout === 0 ? {} : { deadlineMs: performance.now() + timeout / 1000 }
}
