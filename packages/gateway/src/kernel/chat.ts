/**
 * The canonical form of a chat, which every chat door reads into and every chat backend writes out of. Bytes pass through
 * untouched only where door and backend speak the same dialect; everything else goes through this form. Fields that a
 * backend cannot honour are refused by it, never dropped.
 */
export interface ChatRequest {
  readonly messages: readonly ChatMessage[]
  readonly tools?: readonly ChatTool[]
  readonly toolChoice?: 'auto' | 'none' | 'required' | { readonly tool: string }
  readonly parallelToolCalls?: boolean
  readonly responseFormat?:
    | { readonly type: 'text' }
    | { readonly type: 'json'; readonly schema?: object; readonly name?: string }
  readonly outputTokensMax?: number
  readonly temperature?: number
  readonly topP?: number
  readonly stop?: readonly string[]
  readonly seed?: number
  readonly frequencyPenalty?: number
  readonly presencePenalty?: number
  /** Number of alternative answers. */
  readonly n?: number
  /** How many log-probabilities per token; 0 = the chosen token only. */
  readonly logprobs?: number
  readonly topK?: number
  readonly reasoning?: {
    readonly effort?: 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh'
    readonly tokensMax?: number
  }
}

export type ChatMessage =
  | { readonly role: 'system'; readonly content: readonly TextPart[] }
  | { readonly role: 'user'; readonly content: readonly (TextPart | ImagePart | AudioPart | FilePart)[] }
  | { readonly role: 'assistant'; readonly content: readonly (TextPart | ReasoningPart | ToolCallPart)[] }
  | { readonly role: 'tool'; readonly content: readonly ToolResultPart[] }

export interface TextPart {
  readonly type: 'text'
  readonly text: string
}
export interface ImagePart {
  readonly type: 'image'
  readonly detail?: 'auto' | 'low' | 'high'
  readonly source: { readonly url: string } | { readonly mediaType: string; readonly base64: string }
}
export interface AudioPart {
  readonly type: 'audio'
  readonly mediaType: string
  readonly base64: string
}
/** A document, e.g. "application/pdf". */
export interface FilePart {
  readonly type: 'file'
  readonly mediaType: string
  readonly base64: string
  readonly name?: string
}
export interface ReasoningPart {
  readonly type: 'reasoning'
  readonly text: string
  /** The vendor's proof of origin, to be sent back unchanged. */
  readonly signature?: string
  /** In place of the text: reasoning that the vendor keeps secret, to be sent back unchanged. */
  readonly redacted?: string
}
export interface ToolCallPart {
  readonly type: 'tool-call'
  readonly id: string
  readonly tool: string
  /** JSON text as the model wrote it. */
  readonly arguments: string
  /** The vendor's proof of origin, to be sent back unchanged; of no use to other vendors, whose backends leave it out. */
  readonly signature?: string
}
export interface ToolResultPart {
  readonly type: 'tool-result'
  readonly id: string
  readonly content: readonly (TextPart | ImagePart)[]
  readonly failed?: boolean
}
export interface ChatTool {
  readonly name: string
  readonly description?: string
  readonly parameters: object
  readonly strict?: boolean
}

export type FinishReason = 'stop' | 'length' | 'tool-calls' | 'refusal' | 'other'

export interface ChatAnswer {
  readonly choices: readonly {
    readonly content: readonly (TextPart | ReasoningPart | ToolCallPart)[]
    readonly finishReason: FinishReason
    /** One per token of the text, where they were asked for. */
    readonly logprobs?: readonly TokenLogprob[]
  }[]
}

export interface TokenLogprob {
  readonly token: string
  /** Natural logarithm. */
  readonly logprob: number
  /** The likeliest tokens at this place. */
  readonly top: readonly { readonly token: string; readonly logprob: number }[]
}

/** A streamed chat, noun-verb. `choice` counts from 0. */
export type ChatChunk =
  | {
      readonly type: 'text-delta'
      readonly choice: number
      readonly text: string
      readonly logprobs?: readonly TokenLogprob[]
    }
  | { readonly type: 'reasoning-delta'; readonly choice: number; readonly text: string }
  /** Ends a piece of reasoning: its proof of origin, or what stands for it. */
  | {
      readonly type: 'reasoning-end'
      readonly choice: number
      readonly signature?: string
      readonly redacted?: string
    }
  | {
      readonly type: 'tool-call-start'
      readonly choice: number
      readonly id: string
      readonly tool: string
      readonly signature?: string
    }
  | { readonly type: 'tool-call-delta'; readonly choice: number; readonly id: string; readonly arguments: string }
  | { readonly type: 'choice-end'; readonly choice: number; readonly finishReason: FinishReason }
