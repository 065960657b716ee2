import type { AstraError } from './errors.ts'
import { isObject, parseJson } from './json.ts'
import { errorFromProblem, strangeAnswer } from './problem.ts'

/** What every answer says of itself. */
export interface AnswerHead {
  /** The call's id: for feedback and questions. */
  readonly id: string
  readonly model: string
  /** The version that served. */
  readonly version: string
}

export interface Answer<Output> extends AnswerHead {
  readonly output: Output
  readonly cached: boolean
  readonly usage: Usage
}

export interface BatchAnswer<Output> extends AnswerHead {
  /** One per input, in order. */
  readonly results: readonly BatchResult<Output>[]
  readonly cached: boolean
  readonly usage: Usage
}

/** Either an output or the error of this one input. */
export type BatchResult<Output> =
  | { readonly output: Output; readonly error?: undefined }
  | { readonly error: AstraError; readonly output?: undefined }

export interface Usage {
  readonly items: number
  /** All of them, those read from or written to a prompt cache included. */
  readonly inputTokens?: number
  readonly cachedInputTokens?: number
  readonly cacheWriteInputTokens?: number
  /** All of them, those of reasoning included. */
  readonly outputTokens?: number
  readonly reasoningTokens?: number
  /** True when tokens were counted by the gateway because the model's server did not say. */
  readonly estimated?: boolean
}

/** Reads a whole answer. Its output is what the gateway checked against the contract, and is taken as that. */
export function readAnswer<Output>(response: Response, body: string): Answer<Output> {
  const answer = parseJson(body)
  if (isObject(answer) && isHead(answer) && isUsage(answer.usage) && 'output' in answer) {
    const { id, model, version, usage } = answer
    return { id, model, version, output: answer.output as Output, cached: answer.cached === true, usage }
  }
  throw strangeAnswer(response, body)
}

export function readBatchAnswer<Output>(response: Response, body: string, inputs: number): BatchAnswer<Output> {
  const answer = parseJson(body)
  if (isObject(answer) && isHead(answer) && isUsage(answer.usage) && Array.isArray(answer.results)) {
    const { id, model, version, usage } = answer
    const results = answer.results.map((item) => readResult<Output>(item, id)).filter((result) => result !== undefined)
    if (results.length === inputs && answer.results.length === inputs)
      return { id, model, version, results, cached: answer.cached === true, usage }
  }
  throw strangeAnswer(response, body)
}

function readResult<Output>(item: unknown, callId: string): BatchResult<Output> | undefined {
  if (!isObject(item)) return undefined
  if ('output' in item) return { output: item.output as Output }
  const error = errorFromProblem(item.error, { callId })
  return error && { error }
}

export function isHead(value: unknown): value is AnswerHead {
  return isObject(value) && [value.id, value.model, value.version].every((text) => typeof text === 'string')
}

export function isUsage(value: unknown): value is Usage {
  return isObject(value) && typeof value.items === 'number'
}
