// Written by "astraapi generate". Do not edit: generate it again when a contract changes.
import { type Astra, type AstraOptions, createAstra } from '@astraapi/sdk'

/** The deployed models, by name and major. */
export interface Models {
  /** Owner: research. Default: v1. */
  'llama-3': {
    /** Task: custom. Contract revision 1. */
    v1: {
      input: Llama_3V1Input
      output: Llama_3V1Output
    }
  }
  /**
   * Is this e-mail spam?
   * Owner: mail-platform. Default: v2.
   */
  spam: {
    /**
     * Task: classification. Contract revision 2.
     * @deprecated Since 2026-11-01; it goes away on 2027-06-01.
     * @example await astra.models.spam.v1.predict({"text":"You have won a prize"})
     */
    v1: {
      input: SpamV1Input
      output: SpamV1Output
    }
    /**
     * Ham or spam, with a language hint
     * Task: classification. Contract revision 1.
     * @example await astra.models.spam.v2.predict({"text":"You have won a prize","language":"en"})
     */
    v2: {
      input: SpamV2Input
      output: SpamV2Output
    }
  }
  /** Owner: demo. Default: v1. */
  story: {
    /** Task: completion. Contract revision 1. */
    v1: {
      input: StoryV1Input
      output: StoryV1Output
      chunk: StoryV1Chunk
    }
  }
  /**
   * Answers customers.
   * \@owner is no tag here, and *\/ ends no comment.
   * Owner: support. Default: v1.
   */
  'support-chat': {
    /** Task: custom. Contract revision 4. */
    v1: {
      input: SupportChatV1Input
      output: SupportChatV1Output
      chunk: SupportChatV1Chunk
    }
  }
}

/** A client of a gateway with these models. */
export const createClient = (options: AstraOptions): Astra<Models> => createAstra<Models>(options)

/** One of each form that a contract's schema can take */
export type Llama_3V1Input = {
  /** @default true */
  'a-b': boolean
  'it\'s'?: 'plain' | 'it\'s' | '"quoted"' | 'back\\slash'
  /** @deprecated */
  level?: 1 | 2.5 | -3 | null
  /** minItems 1 */
  pair?: readonly [number, string?]
  weights?: Record<string, number>
  open?: {
    known?: string
    [name: string]: unknown
  }
  anyObject?: Record<string, unknown>
  empty?: Record<string, never>
  grid?: ReadonlyArray<ReadonlyArray<number | null>>
  list?: readonly unknown[]
  nothing?: null
}

export type Llama_3V1Output = Array<{
  x?: number
}>

export type SpamV1Input = {
  /** maxLength 1000000 */
  text: string
}

export type SpamV1Output = {
  label: 'ham' | 'spam'
  /** minimum 0, maximum 1 */
  score: number
}

export type SpamV2Input = {
  /** maxLength 1000000 */
  text: string
  /** ISO 639-1, where it is known */
  language?: string | null
}

export type SpamV2Output = {
  label: 'ham' | 'spam'
  /**
   * Probability of the label
   * minimum 0, maximum 1
   */
  score: number
}

export type StoryV1Input = {
  prompt: string
  /** maxItems 16 */
  stop?: readonly string[]
}

export type StoryV1Output = {
  text: string
}

export type StoryV1Chunk = {
  text: string
}

export type SupportChatV1Input = {
  messages: ReadonlyArray<{
    role: 'user'
    text: string
  } | {
    role: 'tool'
    result: unknown
  }>
}

export type SupportChatV1Output = string | null

export type SupportChatV1Chunk = string | number
