import type { ModelFacts } from './model.ts'

/** A loaded language model: text in, text out, as it is written. Stands in a worker process. */
export interface TextModel extends ModelFacts {
  /** Generations that it runs at once. */
  readonly generations: number
  /**
   * Hands out pieces as they are written. Rejects with ProtocolError `invalid` when the request is at fault, with the signal's
   * reason within a token once it aborts, and with anything else when the model failed.
   */
  generate(request: GenerationRequest, onPiece: (piece: Piece) => void, signal: AbortSignal): Promise<Generated>
  close(): Promise<void>
}

export interface GenerationRequest {
  /** A text to go on from, or a conversation that the model's own template renders. */
  readonly input: string | readonly ChatTurn[]
  /** Left out: as many as the context has room for. */
  readonly outputTokensMax?: number
  /** 0: always the likeliest token. */
  readonly temperature?: number
  readonly topP?: number
  readonly topK?: number
  readonly seed?: number
  /** Texts that end the answer, and are no part of it. */
  readonly stop?: readonly string[]
  /** The answer is JSON of this schema. */
  readonly jsonSchema?: Readonly<Record<string, unknown>>
}

export interface ChatTurn {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string
}

export interface Piece {
  readonly text: string
  /** It belongs to what the model thinks before it answers. */
  readonly isReasoning: boolean
}

export interface Generated {
  /** `length`: it stopped for want of room, or of tokens allowed. */
  readonly finishReason: 'stop' | 'length'
  readonly inputTokens: number
  readonly outputTokens: number
}

/** How a version's generations are run. */
export interface GenerationSettings {
  /** Tokens of input and output together, per generation; undefined: what the model was trained for, at most 4,096. */
  readonly contextSize: number | undefined
  /** Generations that one worker runs at once. */
  readonly sequences: number
  readonly gpu: 'auto' | false
}
