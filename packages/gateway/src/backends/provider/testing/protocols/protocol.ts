/** One vendor's documented wire protocol, as far as a fake of it goes. */
export interface Protocol {
  /** The text of the last message of a chat. */
  readText(body: Json): string
  /** The texts to embed; undefined: it is a chat. */
  readTexts(body: Json, path: string): readonly string[] | undefined
  streams(body: Json, path: string): boolean
  readonly contentType: string
  /** A whole answer. */
  whole(said: Said): Json
  /** The same as a stream: whole events, of which the one with the first word stands at `first`. */
  events(said: Said): { readonly events: readonly Buffer[]; readonly first: number }
  error(status: number, message: string): Json
  embeddings(vectors: readonly (readonly number[])[]): Json
}

export type Json = Readonly<Record<string, unknown>>

export interface Said {
  readonly words: readonly string[]
  /** Called in place of saying anything. */
  readonly tool?: { readonly name: string; readonly arguments: Json }
  readonly inputTokens: number
  readonly outputTokens: number
  readonly reasoningTokens: number
  readonly cachedTokens: number
}

export const sse = (data: unknown, event?: string): Buffer =>
  Buffer.from(`${event ? `event: ${event}\n` : ''}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`)

/** Of a text, or of a list of parts of which the last text counts. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  const texts = list(content).flatMap(({ text }) => (typeof text === 'string' ? [text] : []))
  return texts.at(-1) ?? ''
}

export function list(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value : []
}
