import type { InputTensor } from './batches.ts'

/** The body of an infer request, every tensor in JSON. All of the model's outputs are asked for. */
export function encodeRequest(inputs: readonly InputTensor[]): string {
  return JSON.stringify({ inputs })
}
