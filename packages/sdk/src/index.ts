export type { Answer, AnswerHead, BatchAnswer, BatchResult, Usage } from './answer.ts'
export type { AnswerStream } from './answer-stream.ts'
export type { CallOptions, RequestOptions } from './call-options.ts'
export type { Clock } from './clock.ts'
export { type Astra, createAstra } from './create-astra.ts'
export type { Endpoint, StreamingEndpoint } from './endpoint.ts'
export type { ErrorCode, KnownErrorCode } from './error-codes.ts'
export {
  AstraError,
  AuthError,
  CancelledError,
  ConnectionError,
  InputError,
  LimitError,
  StreamCutError,
  TimeoutError,
  UpstreamError,
  type Violation,
} from './errors.ts'
export type { Feedback, FeedbackReceipt, FeedbackSource } from './feedback.ts'
export type { AstraOptions, Fetch } from './link.ts'
export type { AnyModels, CamelName, EndpointOf, ModelsClient } from './models.ts'
export type { PlatformAnswer, PlatformMethod, PlatformOptions, QueryValue } from './platform.ts'
