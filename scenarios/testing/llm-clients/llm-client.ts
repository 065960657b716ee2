import { z } from 'zod'

/** What every client can be asked for, in its own words, whichever door it comes in by. */
export interface LlmClient {
  readonly name: string
  readonly door: 'openai' | 'anthropic'
  /** In whose words `Ask.more` is; undefined: in none of a door. */
  readonly words: 'openai-chat' | 'openai-responses' | 'anthropic-messages' | undefined
  /** The class of its errors by HTTP status. */
  readonly faults: Readonly<Record<400 | 401 | 404, new (...given: never[]) => Error>>
  whole(ask: Ask): Promise<Heard>
  /** With the client's own means to gather a stream. */
  stream(ask: Ask): Promise<Heard>
  /** Answers the calls of tools that the model makes, all at once, with `toolResult`; gives what it then says. */
  toolTurn(ask: Ask): Promise<Heard>
  /** A row of docs/capabilities.md without which `place` is refused. */
  readonly placeNeeds?: string
  /** What the model says in the form of `placeSchema`. */
  place(ask: Ask): Promise<unknown>
  /** Leaves the stream after the first piece of text, and resolves when the client is through with it. */
  leave(ask: Ask): Promise<void>
}

export interface Ask {
  readonly text: string
  readonly model?: string
  readonly system?: string
  /** A PNG: base64, or where it stands. */
  readonly image?: string
  /** Offers `toolsOnOffer`. */
  readonly tools?: boolean
  /** Whatever else the client's request holds, in the door's own words where the client lets them through. */
  readonly more?: Readonly<Record<string, unknown>>
}

/** As URL, whichever it is. */
export function imageUrl(image: string): string {
  return image.startsWith('https:') ? image : `data:image/png;base64,${image}`
}

export interface Heard {
  readonly text: string
  /** Of a stream, the pieces that the text came in. */
  readonly deltas?: readonly string[]
  readonly calls: readonly { readonly tool: string; readonly arguments: unknown }[]
  readonly finish: 'stop' | 'tool-calls' | (string & {})
  /** All input tokens, those of a cache included. */
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number }
}

export interface ClientAccess {
  /** Of the gateway. */
  readonly url: string
  readonly key: string
  /** Goes with every request. */
  readonly headers: Readonly<Record<string, string>>
  readonly fetch: typeof fetch
}

export const chatModel = 'chat'

export const citySchema = z.object({ city: z.string() })
/** It has one instance. */
export const placeSchema = z.object({ city: z.enum(['Paris']) })

export const toolsOnOffer = [
  { name: 'weather', description: 'The weather in a city', parameters: jsonSchema() },
  { name: 'clock', description: 'The time in a city', parameters: jsonSchema() },
] as const

function jsonSchema() {
  return {
    type: 'object' as const,
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  }
}
