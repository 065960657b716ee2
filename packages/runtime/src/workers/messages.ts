import type { LoadOptions, ModelFacts } from '../models/model.ts'
import type { Generated, GenerationRequest, Piece } from '../models/text-model.ts'

/** What the front says to a worker. Inputs travel as the frame's tensors. */
export type FrontMessage =
  | { readonly type: 'infer'; readonly outputs: readonly string[] }
  /** Begin a generation; several may run at once, told apart by a number of the front's. */
  | { readonly type: 'generate'; readonly id: number; readonly request: GenerationRequest }
  /** Nobody waits for this generation any more. It is answered all the same, by `not-generated` or, if it is done, `generated`. */
  | { readonly type: 'cancel'; readonly id: number }
  /** Close the model and end. */
  | { readonly type: 'close' }

/** What a worker says to the front. Outputs travel as the frame's tensors. */
export type WorkerMessage =
  | { readonly type: 'loaded'; readonly facts: ModelFacts }
  /** `rssBytes`: what the process occupies now, where its memory is limited. */
  | { readonly type: 'answer'; readonly rssBytes: number | undefined }
  /** The model could not be loaded, or did not answer these inputs. */
  | ({ readonly type: 'failed' } & Failure)
  | GenerationMessage
  /** Something threw where nobody catches; the process ends. */
  | ({ readonly type: 'fatal' } & Failure)

export type GenerationMessage =
  | { readonly type: 'piece'; readonly id: number; readonly piece: Piece }
  | {
      readonly type: 'generated'
      readonly id: number
      readonly generated: Generated
      readonly rssBytes: number | undefined
    }
  | ({ readonly type: 'not-generated'; readonly id: number } & Failure)

export interface Failure {
  /** Whether the inputs are at fault. */
  readonly invalid: boolean
  readonly message: string
  readonly stack: string | undefined
}

/** A worker's one argument, as JSON. */
export interface WorkerTask extends LoadOptions {
  /** The model file. */
  readonly file: string
  /** The process that the worker must not outlive. */
  readonly parentPid: number
  readonly reportMemory: boolean
}
