import type { Signature, Tensor } from '@astraapi/oip'
import type { GenerationSettings, TextModel } from './text-model.ts'

/** What is known of a model once it is loaded. */
export interface ModelFacts {
  /** As model metadata names it. */
  readonly platform: string
  readonly signature: Signature
  /** What else than its files decides its answers. */
  readonly identity: string | undefined
  /** Whether the first dimension of every tensor is the batch, so that calls can be computed together. */
  readonly batches: boolean
  /** Of a model that generates text: generations that it runs at once. */
  readonly generations?: number
}

/** A loaded model that computes tensors, whatever it is made of. Takes and gives plain tensors, because it stands in a worker process. */
export interface Model extends ModelFacts {
  /**
   * @param inputs one tensor per input of the signature, in its order, already checked against it.
   * @param outputs the names wanted; the answer holds these, in this order.
   * @throws ProtocolError `invalid` when the input is at fault; anything else is the model's failure.
   */
  infer(inputs: readonly Tensor[], outputs: readonly string[]): Promise<readonly Tensor[]>
  close(): Promise<void>
}

export interface LoadOptions {
  /** Threads that one inference may use. */
  readonly threads: number
  readonly generation: GenerationSettings
}

export type ModelLoader = (file: string, options: LoadOptions) => Promise<Model | TextModel>
