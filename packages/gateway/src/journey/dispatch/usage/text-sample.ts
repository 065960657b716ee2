import { isData } from '../../../kernel/is-data.ts'
import { sampleMax, type TokenCounter } from './token-counter.ts'

/** The beginning of a text that comes in pieces, and how long it is: enough to estimate its tokens in bounded memory. */
export class TextSample {
  #text = ''
  #length = 0

  get isEmpty(): boolean {
    return this.#length === 0
  }

  add(text: string): void {
    this.#length += text.length
    const free = sampleMax - this.#text.length
    if (free > 0) this.#text += text.length > free ? text.slice(0, free) : text
  }

  /** The words in a JSON value, wherever they stand in it; data such as images is no text. */
  addAll(value: unknown): this {
    const open: unknown[] = [value]
    for (let looked = 0; open.length > 0 && looked < valuesMax; looked++) {
      const present = open.pop()
      if (typeof present === 'string') {
        if (!isData(present)) this.add(present)
      } else if (typeof present === 'object' && present !== null) {
        open.push(...partsOf(present).slice(0, valuesMax).reverse())
      }
    }
    return this
  }

  tokens(counter: TokenCounter): number | Promise<number> {
    return counter.count(this.#text, this.#length)
  }
}

/** Of a request, or of an answer. */
export function wordsIn(value: unknown): TextSample {
  return new TextSample().addAll(value)
}

/** A JSON value of a request or an answer is looked at as far as this; a body of 10 MB could hold millions. */
const valuesMax = 20_000
/** Members that are no words for the model, or are settings: by name, in the canonical form and in the dialects. */
const wordless: ReadonlySet<string> = new Set([
  'model',
  'type',
  'role',
  'id',
  'signature',
  'redacted',
  'encrypted_content',
  'finishReason',
  'logprobs',
  'user',
  'metadata',
  'safety_identifier',
  'prompt_cache_key',
  'service_tier',
])

function partsOf(value: object): readonly unknown[] {
  if (Array.isArray(value)) return value
  return Object.entries(value).flatMap(([name, member]) => (wordless.has(name) ? [] : [member]))
}

/** What a chunk of a chat or a completion adds to its answer. */
export function wordsOfChunk(chunk: unknown): string {
  const { text, arguments: given } = Object(chunk) as { readonly text?: unknown; readonly arguments?: unknown }
  if (typeof text === 'string') return text
  return typeof given === 'string' ? given : ''
}
