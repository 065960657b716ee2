import type { RequestOptions } from './call-options.ts'
import { createEndpoint } from './endpoint.ts'
import type { Feedback, FeedbackReceipt } from './feedback.ts'
import { type AstraOptions, openLink } from './link.ts'
import { type AnyModels, createModels, type EndpointOf, type ModelsClient } from './models.ts'
import { type PlatformAnswer, type PlatformMethod, type PlatformOptions, requestPlatform } from './platform.ts'

/** A client of one gateway. `Models` is what `astraapi generate` writes; without it, all is `unknown`. */
export interface Astra<Models extends object = AnyModels> {
  /** `astra.models.spam.v1.predict({ text })`. */
  readonly models: ModelsClient<Models>
  /** The same by names known at run time only: `astra.model('spam', 'v1')`. */
  model<Name extends keyof Models & string, Major extends keyof Models[Name] & string>(
    name: Name,
    major: Major,
  ): EndpointOf<Models[Name][Major]>
  /** Judges a call of this consumer's own. */
  feedback(feedback: Feedback, options?: RequestOptions): Promise<FeedbackReceipt>
  /** The platform API below /api/v1; `Data` is taken on trust. */
  request<Data = unknown>(
    method: PlatformMethod,
    path: `/${string}`,
    options?: PlatformOptions,
  ): Promise<PlatformAnswer<Data>>
}

/** Makes a client; nothing is sent yet. Throws an InputError (`invalid_option`) naming an option that cannot be. */
export function createAstra<Models extends object = AnyModels>(options: AstraOptions): Astra<Models> {
  const link = openLink(options)
  return {
    models: createModels<Models>(link),
    model: (name, major) => createEndpoint(link, name, major) as never,
    async feedback(feedback, requestOptions = {}) {
      const request = { ...requestOptions, body: feedback }
      return (await requestPlatform<FeedbackReceipt>(link, 'POST', '/feedback', request)).data
    },
    async request(method, path, requestOptions = {}) {
      return requestPlatform(link, method, path, requestOptions)
    },
  }
}
