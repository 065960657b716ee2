import type { ChatChunk, FinishReason } from '../../../kernel/chat.ts'
import type { AnswerFacts, JsonObject, StreamWriter } from '../../dialect.ts'
import { type Finish, writeFinish } from './finish.ts'
import { itemId } from './output-items.ts'
import { writeProof } from './proof.ts'
import { type ResponseState, responseObject } from './response-object.ts'
import {
  type ItemPlace,
  type StreamedItem,
  streamCall,
  streamMessage,
  streamReasoning,
  type TextDelta,
} from './stream-items.ts'
import { writeUsage } from './usage.ts'

type Facts = Omit<AnswerFacts, 'usage'>
type Message = StreamedItem<TextDelta>
type Reasoning = ReturnType<typeof streamReasoning>
type ToolCall = StreamedItem<string>

/** `accept.writeStream`: every event has its name twice, as `event:` and as `type`, and a number. */
export function writeStream(facts: Facts): StreamWriter {
  return new ResponseStream(facts)
}

class ResponseStream implements StreamWriter {
  readonly #facts: Facts
  #told = 0
  #finish: Finish = writeFinish('other')
  /** In the order in which they began. */
  readonly #items: StreamedItem<never>[] = []
  /** Those that are not done yet: at most one that speaks, and calls, which may grow side by side. */
  readonly #open = new Set<StreamedItem<never>>()
  #message: Message | undefined
  #reasoning: Reasoning | undefined
  readonly #calls = new Map<string, ToolCall>()

  constructor(facts: Facts) {
    this.#facts = facts
  }

  start(): string {
    const response = this.#response({ status: 'in_progress', output: [], usage: null })
    return this.#tell('response.created', { response }) + this.#tell('response.in_progress', { response })
  }

  chunk(chunk: unknown): string {
    const told = chunk as ChatChunk
    // The protocol knows one choice only.
    if (told.choice !== 0) return ''
    switch (told.type) {
      case 'text-delta':
        return this.#say(told)
      case 'reasoning-delta':
        return told.text === '' ? '' : this.#reason((item) => item.add(told.text))
      case 'reasoning-end':
        return this.#endReasoning(told)
      case 'tool-call-start':
        return this.#startCall(told)
      case 'tool-call-delta':
        return told.arguments === '' ? '' : (this.#calls.get(told.id)?.add(told.arguments) ?? '')
      case 'choice-end':
        return this.#endChoice(told.finishReason)
    }
  }

  end(usage: AnswerFacts['usage']): string {
    const { status } = this.#finish
    const closed = this.#closeAll(status)
    const output = this.#items.map((item) => item.whole())
    const response = this.#response({ ...this.#finish, output, usage: writeUsage(usage) })
    return closed + this.#tell(`response.${status}`, { response })
  }

  #say(delta: TextDelta): string {
    if (delta.text === '' && delta.logprobs === undefined) return ''
    const closed = this.#closeReasoning()
    if (this.#message) return closed + this.#message.add(delta)
    this.#message = streamMessage(this.#place('message'))
    return closed + this.#opened(this.#message) + this.#message.add(delta)
  }

  #reason(say: (item: Reasoning) => string): string {
    if (this.#reasoning) return say(this.#reasoning)
    const closed = this.#closeMessage()
    this.#reasoning = streamReasoning(this.#place('reasoning'))
    return closed + this.#opened(this.#reasoning) + say(this.#reasoning)
  }

  #endReasoning(proof: Extract<ChatChunk, { type: 'reasoning-end' }>): string {
    if (!this.#reasoning && writeProof(proof) === undefined) return ''
    const proven = this.#reason((item) => {
      item.prove(proof)
      return ''
    })
    return proven + this.#closeReasoning()
  }

  #startCall(call: Extract<ChatChunk, { type: 'tool-call-start' }>): string {
    const closed = this.#closeReasoning() + this.#closeMessage()
    const item = streamCall(this.#place('call'), call)
    this.#calls.set(call.id, item)
    return closed + this.#opened(item)
  }

  #endChoice(finishReason: FinishReason): string {
    this.#finish = writeFinish(finishReason)
    return this.#closeAll(this.#finish.status)
  }

  #closeReasoning(): string {
    const closed = this.#reasoning ? this.#closed(this.#reasoning, 'completed') : ''
    this.#reasoning = undefined
    return closed
  }

  #closeMessage(): string {
    const closed = this.#message ? this.#closed(this.#message, 'completed') : ''
    this.#message = undefined
    return closed
  }

  #closeAll(status: Finish['status']): string {
    this.#message = undefined
    this.#reasoning = undefined
    return Array.from(this.#open, (item) => this.#closed(item, status)).join('')
  }

  #opened(item: StreamedItem<never>): string {
    this.#items.push(item)
    this.#open.add(item)
    return item.opened
  }

  #closed(item: StreamedItem<never>, status: Finish['status']): string {
    this.#open.delete(item)
    return item.close(status)
  }

  #place(kind: Parameters<typeof itemId>[0]): ItemPlace {
    const index = this.#items.length
    return { id: itemId(kind, this.#facts.callId, index), index, tell: (type, members) => this.#tell(type, members) }
  }

  #response(state: ResponseState): JsonObject {
    return responseObject(this.#facts, state)
  }

  #tell(type: string, members: JsonObject): string {
    const event = { type, sequence_number: this.#told, ...members }
    this.#told += 1
    return `event: ${type}\ndata: ${JSON.stringify(event)}\n\n`
  }
}
