/**
 * The protocols in which language models are spoken to, one name per protocol and task. Where a door and a backend speak the same
 * one, a request and its answer pass through in their own bytes; everything else goes through the task's canonical form.
 */
export type Dialect =
  | 'openai-chat'
  | 'openai-responses'
  | 'openai-completions'
  | 'openai-embeddings'
  | 'openai-moderations'
  | 'anthropic-messages'
  | 'anthropic-count-tokens'

/** A request as its caller wrote it. */
export interface WireRequest {
  readonly dialect: Dialect
  /** JSON, an object, as received. */
  readonly bytes: Buffer
  /** The same, parsed. */
  readonly body: Readonly<Record<string, unknown>>
  /** Inputs in it. */
  readonly items: number
  /**
   * The inputs in the canonical form of the task, not yet held against the contract. Throws `invalid_input` at what cannot be read
   * and `unsupported` at what that form cannot carry: nothing is dropped on the way.
   */
  canonical(): readonly unknown[]
  /** Answers where the version's backend does not speak the dialect and no model need be asked; gives one canonical output. */
  readonly here?: () => Promise<unknown>
}
