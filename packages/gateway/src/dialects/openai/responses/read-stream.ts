import type { ChatChunk, FinishReason, TokenLogprob } from '../../../kernel/chat.ts'
import { isJsonObject } from '../../../kernel/schema/facets.ts'
import type { EventFacts, JsonObject, SseEvent, StreamReader } from '../../dialect.ts'
import { given, outOfForm } from '../../json.ts'
import { readFinish } from './finish.ts'
import { readLogprobs } from './logprobs.ts'
import { type AnswerPart, callOf, readItem, wordsOf } from './read-answer.ts'
import { responseFault } from './response-fault.ts'
import { aside, bodyOf, keyOf, preamble, textChunk, truncated, typeOf, wordless } from './stream-event.ts'
import { readUsage } from './usage.ts'

/** `ask.readStream`: usage stands in the terminal event, which every caller expects. */
export function readStream(): StreamReader {
  return new ResponsesReader()
}

/** An output item, as far as the stream told of it. */
interface ItemRead {
  /** Of a function call. */
  callId?: string
  /** The kind of event that told its words in pieces; where there was one, the item's end tells nothing new. */
  toldBy?: unknown
  done?: true
}

type Handler = (reader: ResponsesReader, body: JsonObject) => EventFacts

class ResponsesReader implements StreamReader {
  #began = false
  #ended = false
  #refusal = false
  #calls = false
  #finish: FinishReason | undefined
  readonly #items = new Map<unknown, ItemRead>()

  static readonly #handlers: ReadonlyMap<string, Handler> = new Map<string, Handler>([
    ['response.output_item.added', (reader, body) => reader.#itemAdded(body)],
    ['response.output_item.done', (reader, body) => reader.#itemDone(body)],
    ['response.output_text.delta', (reader, body) => reader.#textDelta(body)],
    ['response.refusal.delta', (reader, body) => reader.#refusalDelta(body)],
    ['response.reasoning_summary_part.added', (reader, body) => reader.#summaryPartAdded(body)],
    ['response.reasoning_summary_text.delta', (reader, body) => reader.#reasoningDelta(body)],
    ['response.reasoning_text.delta', (reader, body) => reader.#reasoningDelta(body)],
    ['response.function_call_arguments.delta', (reader, body) => reader.#argumentsDelta(body)],
    ['response.completed', (reader, body) => reader.#ends(body, 'completed')],
    ['response.incomplete', (reader, body) => reader.#ends(body, 'incomplete')],
    ['response.failed', (reader, body) => reader.#fails(isJsonObject(body.response) ? body.response.error : undefined)],
    // Flat, as documented, or with an object of its own, as it happens.
    ['error', (reader, body) => reader.#fails(body.error ?? { code: body.code, message: body.message })],
  ])

  get finish(): FinishReason | undefined {
    return this.#finish
  }

  read(event: SseEvent): EventFacts {
    if (this.#ended) return aside
    const body = bodyOf(event.data)
    const handler = ResponsesReader.#handlers.get(typeOf(body, event))
    if (handler) return handler(this, body)
    const fault = responseFault(body.error, this.#began)
    if (fault) throw fault
    return this.#silent()
  }

  end(): string {
    if (!this.#ended) throw truncated()
    return ''
  }

  #itemAdded(body: JsonObject): EventFacts {
    const key = keyOf(body)
    if (this.#items.has(key)) return aside
    const item = isJsonObject(body.item) ? body.item : {}
    if (item.type !== 'function_call') {
      this.#items.set(key, {})
      return this.#silent()
    }
    const call = callOf(item)
    this.#items.set(key, { callId: call.id })
    return this.#content('', () => [{ type: 'tool-call-start', choice: 0, ...call }])
  }

  /** Tells what no delta told: hidden reasoning, and everything where a server sends whole items only. */
  #itemDone(body: JsonObject): EventFacts {
    const known = this.#itemOf(body)
    if (known.done) return aside
    known.done = true
    const { parts, refusal, logprobs } = readItem(isJsonObject(body.item) ? body.item : {})
    this.#refusal ||= refusal
    this.#calls ||= parts.some(({ type }) => type === 'tool-call')
    const chunks = parts.flatMap((part) => restOf(part, known, logprobs))
    if (chunks.length === 0) return this.#silent()
    return this.#content(known.toldBy === undefined ? parts.map(wordsOf).join('\n') : '', () => chunks)
  }

  #textDelta(body: JsonObject): EventFacts {
    const text = this.#delta(body)
    if (text === '') return this.#silent()
    return this.#content(text, () => [textChunk(text, readLogprobs(body.logprobs))])
  }

  #refusalDelta(body: JsonObject): EventFacts {
    this.#refusal = true
    return this.#textDelta(body)
  }

  #reasoningDelta(body: JsonObject): EventFacts {
    const text = this.#delta(body)
    if (text === '') return this.#silent()
    return this.#content(text, () => [{ type: 'reasoning-delta', choice: 0, text }])
  }

  /** Between two parts stands what stands there in a whole answer. */
  #summaryPartAdded(body: JsonObject): EventFacts {
    if (this.#itemOf(body).toldBy === undefined) return this.#silent()
    return this.#content('', () => [{ type: 'reasoning-delta', choice: 0, text: '\n\n' }])
  }

  #argumentsDelta(body: JsonObject): EventFacts {
    const piece = this.#delta(body)
    const { callId } = this.#itemOf(body)
    if (callId === undefined) throw outOfForm('arguments of a function call that never began')
    if (piece === '') return this.#silent()
    return this.#content(piece, () => [{ type: 'tool-call-delta', choice: 0, id: callId, arguments: piece }])
  }

  #ends(body: JsonObject, status: string): EventFacts {
    const response = isJsonObject(body.response) ? body.response : {}
    const fault = responseFault(response.error, this.#began)
    if (fault) throw fault
    const output = this.#began ? { text: '', chunks: () => [] } : this.#wholeOutput(response)
    this.#ended = true
    const finishReason: FinishReason = readFinish(
      { ...response, status },
      { calls: this.#calls, refusal: this.#refusal },
    )
    this.#finish = finishReason
    return {
      kind: 'end',
      text: output.text,
      ...given({ usage: readUsage(response.usage) }),
      chunks: () => [...output.chunks(), { type: 'choice-end', choice: 0, finishReason }],
    }
  }

  /** Of a server that streams nothing but its end. */
  #wholeOutput({ output }: JsonObject): Pick<EventFacts, 'text' | 'chunks'> {
    const items = Array.isArray(output) ? output.filter(isJsonObject) : []
    const told = items.map((item, output_index) => this.#itemDone({ item, output_index }))
    const text = told.map((facts) => facts.text).join('\n')
    return { text, chunks: () => told.flatMap(({ chunks }) => chunks()) }
  }

  #fails(error: unknown): never {
    throw responseFault(error, this.#began) ?? outOfForm('it failed and does not say why')
  }

  /** "" for what another kind of event told already: open models may stream their reasoning and its summary. */
  #delta(body: JsonObject): string {
    const { delta, type } = body
    if (typeof delta !== 'string') throw outOfForm('a delta is no text')
    const item = this.#itemOf(body)
    if (delta !== '') item.toldBy ??= type
    return item.toldBy === type ? delta : ''
  }

  #itemOf(body: JsonObject): ItemRead {
    const key = keyOf(body)
    const known = this.#items.get(key) ?? {}
    this.#items.set(key, known)
    return known
  }

  #content(text: string, chunks: () => readonly ChatChunk[]): EventFacts {
    this.#began = true
    return { kind: 'content', text, chunks }
  }

  #silent(): EventFacts {
    return this.#began ? wordless : preamble
  }
}

/** Of a part, what the stream did not tell yet. */
function restOf(part: AnswerPart, item: ItemRead, logprobs: readonly TokenLogprob[] | undefined): readonly ChatChunk[] {
  const told = item.toldBy !== undefined
  if (part.type === 'text') return told || part.text === '' ? [] : [textChunk(part.text, logprobs)]
  if (part.type === 'reasoning') {
    const { type, text, ...proof } = part
    const words: readonly ChatChunk[] = told || text === '' ? [] : [{ type: 'reasoning-delta', choice: 0, text }]
    return [...words, { type: 'reasoning-end', choice: 0, ...proof }]
  }
  const { id, tool } = part
  const start: readonly ChatChunk[] =
    item.callId === undefined ? [{ type: 'tool-call-start', choice: 0, id, tool }] : []
  if (told || part.arguments === '') return start
  return [...start, { type: 'tool-call-delta', choice: 0, id: item.callId ?? id, arguments: part.arguments }]
}
