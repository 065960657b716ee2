import type { ModelFacts } from '../models/model.ts'

/** What the front says to a worker. Inputs travel as the frame's tensors. */
export type FrontMessage =
  | { readonly type: 'infer'; readonly outputs: readonly string[] }
  /** Close the model and end. */
  | { readonly type: 'close' }

/** What a worker says to the front. Outputs travel as the frame's tensors. */
export type WorkerMessage =
  | { readonly type: 'loaded'; readonly facts: ModelFacts }
  /** `rssBytes`: what the process occupies now, where its memory is limited. */
  | { readonly type: 'answer'; readonly rssBytes: number | undefined }
  /** The model could not be loaded, or did not answer these inputs. */
  | ({ readonly type: 'failed' } & Failure)
  /** Something threw where nobody catches; the process ends. */
  | ({ readonly type: 'fatal' } & Failure)

export interface Failure {
  /** Whether the inputs are at fault. */
  readonly invalid: boolean
  readonly message: string
  readonly stack: string | undefined
}

/** A worker's one argument, as JSON. */
export interface WorkerTask {
  /** The model file. */
  readonly file: string
  /** Threads that one ONNX inference may use. */
  readonly threads: number
  /** The process that the worker must not outlive. */
  readonly parentPid: number
  readonly reportMemory: boolean
}
