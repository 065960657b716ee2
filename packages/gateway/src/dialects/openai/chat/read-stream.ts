import type { TokenUsage } from '../../../kernel/answer.ts'
import type { FinishReason } from '../../../kernel/chat.ts'
import { AstraError } from '../../../kernel/errors.ts'
import { worseFinish } from '../../../kernel/finish.ts'
import { isJsonObject } from '../../../kernel/schema/facets.ts'
import type { EventFacts, JsonObject, SseEvent, StreamReader } from '../../dialect.ts'
import { EventJson } from '../../event-json.ts'
import { faultError } from '../../vendor-fault.ts'
import { openaiFault } from '../fault.ts'
import { readFinishReason } from './finish-reason.ts'
import { readUsage } from './usage.ts'
import { streamEnd } from './write-stream.ts'

/** What differs between the streams of chat completions and of completions. */
export interface StreamForm {
  /** What a choice's piece says, and whether it holds anything but its place and role. */
  look(choice: JsonObject): { readonly text: string; readonly holds: boolean }
  /** The canonical chunks of an event; called at most once for each, in order. */
  chunks(choices: readonly JsonObject[]): readonly unknown[]
}

/**
 * Reads a stream of completion chunks as OpenAI's many imitators write it: usage in an event of its own or in any other, a finish told
 * twice, no `[DONE]`. It is complete when every choice that began has told its finish; without one it was cut, whatever else was said.
 */
export class CompletionStreamReader implements StreamReader {
  readonly #form: StreamForm
  readonly #hidesUsage: boolean
  readonly #json = new EventJson()
  /** By choice, whether its finish was told. */
  readonly #choices = new Map<number, boolean>()
  #began = false
  #done = false
  #finish: FinishReason | undefined

  constructor(form: StreamForm, hidesUsage: boolean) {
    this.#form = form
    this.#hidesUsage = hidesUsage
  }

  get finish(): FinishReason | undefined {
    return this.#finish
  }

  read({ event, data }: SseEvent): EventFacts {
    const short = data.length < shortMax ? data.trim() : data
    if (short === '[DONE]') return this.#readEnd()
    // What comes after the end, and events without data, are nothing that a client could read.
    if (this.#done || short === '') return aside
    const body = parsed(data, this.#json)
    const { choices } = body
    if (event === 'error' || body.error !== undefined || !Array.isArray(choices)) this.#refuseFault(body, event)
    const usage = readUsage(body.usage)
    if (Array.isArray(choices)) return this.#readChoices(choices, usage)
    if (usage === undefined) throw failed('sent an event without choices')
    return this.#rest(usage, true, false)
  }

  end(): string {
    if (this.#done) return ''
    this.#refuseCut()
    return streamEnd
  }

  #readEnd(): EventFacts {
    this.#refuseCut()
    this.#done = true
    return end
  }

  #readChoices(choices: readonly unknown[], usage: TokenUsage | undefined): EventFacts {
    let text = ''
    let told = false
    let over = true
    let again = false
    for (const choice of choices) {
      if (!isJsonObject(choice)) throw failed('sent a choice that is no object')
      const index = placeOf(choice)
      const before = this.#choices.get(index)
      const finishes = finishOf(choice)
      if (before !== true) this.#choices.set(index, finishes)
      if (finishes || refuses(choice)) this.#finish = worseFinish(this.#finish, reasonOf(choice))
      const looked = this.#form.look(choice)
      text += looked.text
      told ||= looked.holds || (finishes && before !== true)
      over &&= before === true
      again ||= finishes
    }
    if (told) return this.#content(text, usage, choices as readonly JsonObject[], again)
    return this.#rest(usage, over, over && again)
  }

  #content(text: string, usage: TokenUsage | undefined, choices: readonly JsonObject[], finishes: boolean): EventFacts {
    this.#began = true
    const chunks = () => this.#form.chunks(choices)
    if (usage) return { kind: 'content', text, usage, chunks }
    if (finishes && this.#allFinished()) return { kind: 'content', text, finished: true, chunks }
    return { kind: 'content', text, chunks }
  }

  /**
   * Of an event that says nothing of the answer: usage, a role, a finish told again. `over`: the choices in it, if any, had ended before;
   * `again`: and they tell their finish once more.
   */
  #rest(usage: TokenUsage | undefined, over: boolean, again: boolean): EventFacts {
    const usageIsNews = usage !== undefined && !this.#hidesUsage
    const hidden = usageIsNews ? false : again || (over && usage !== undefined)
    const kind = hidden ? 'aside' : this.#began ? 'content' : 'preamble'
    return usage ? { kind, text: '', usage, chunks: none } : { kind, text: '', chunks: none }
  }

  #allFinished(): boolean {
    for (const finished of this.#choices.values()) if (!finished) return false
    return this.#choices.size > 0
  }

  #refuseCut(): void {
    if (!this.#allFinished()) throw failed('ended its stream without a finish')
  }

  #refuseFault(body: JsonObject, event: string): void {
    const fault = openaiFault(body, undefined, this.#began)
    if (fault !== undefined) throw fault
    if (event === 'error') throw faultError({ status: undefined, type: '', message: JSON.stringify(body) }, this.#began)
  }
}

/** Prompts of a list times alternatives. */
const choicesMax = 4096
/** More than "[DONE]" with white space takes. */
const shortMax = 16
const none = () => []
const aside: EventFacts = { kind: 'aside', text: '', chunks: none }
const end: EventFacts = { kind: 'end', text: '', chunks: none }

function parsed(data: string, json: EventJson): JsonObject {
  let body: unknown
  try {
    body = json.parse(data)
  } catch {
    throw failed('sent an event that is not JSON')
  }
  // Gemini puts an error into a list.
  if (Array.isArray(body) && isJsonObject(body[0])) return body[0]
  if (!isJsonObject(body)) throw failed('sent an event that is no object')
  return body
}

function placeOf(choice: JsonObject): number {
  const index = choice.index ?? 0
  if (typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index >= choicesMax) {
    throw failed('sent a choice out of range')
  }
  return index
}

/** Some servers write "" for none. */
function finishOf({ finish_reason: reason }: JsonObject): boolean {
  if (reason === 'error') throw failed('ended a choice with an error')
  return typeof reason === 'string' && reason !== ''
}

function refuses({ delta }: JsonObject): boolean {
  return isJsonObject(delta) && typeof delta.refusal === 'string' && delta.refusal !== ''
}

function reasonOf(choice: JsonObject): FinishReason {
  return refuses(choice) ? 'refusal' : readFinishReason(choice.finish_reason, false)
}

function failed(words: string): AstraError {
  return new AstraError('upstream_failed', { reason: `upstream ${words}` })
}
