import type { Signature, Tensor } from '@astraapi/oip'

/** A loaded model, whatever it is made of. Takes and gives plain tensors, so that it can stand behind a worker. */
export interface Model {
  /** As model metadata names it. */
  readonly platform: string
  readonly signature: Signature
  /** What else than its files decides its answers. */
  readonly identity: string | undefined
  /**
   * @param inputs one tensor per input of the signature, in its order, already checked against it.
   * @param outputs the names wanted; the answer holds these, in this order.
   * @param signal a model that computes in steps looks at it between them, and throws its reason.
   * @throws ProtocolError `invalid` when the input is at fault; anything else is the model's failure.
   */
  infer(inputs: readonly Tensor[], outputs: readonly string[], signal?: AbortSignal): Promise<readonly Tensor[]>
  close(): Promise<void>
}

export interface LoadOptions {
  /** Threads that one ONNX inference may use. */
  readonly threads: number
  /** Digest of the files: a module is imported anew when it has changed. */
  readonly filesDigest: string
}

export type ModelLoader = (file: string, options: LoadOptions) => Promise<Model>
