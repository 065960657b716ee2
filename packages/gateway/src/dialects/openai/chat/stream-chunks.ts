import type { ChatChunk } from '../../../kernel/chat.ts'
import { AstraError } from '../../../kernel/errors.ts'
import { isJsonObject } from '../../../kernel/schema/facets.ts'
import type { JsonObject } from '../../dialect.ts'
import { readFinishReason } from './finish-reason.ts'
import { readLogprobs } from './logprobs.ts'
import { argumentsText, reasoningOf, textOf } from './read-answer.ts'
import type { StreamForm } from './read-stream.ts'
import { readProof } from './tool-call-proof.ts'

/** Chat completion chunks, as one stream's reader looks at them. */
export function chatStreamForm(): StreamForm {
  const states = new Map<number, ChoiceState>()
  return {
    look: lookAtChoice,
    chunks: (choices) => choices.flatMap((choice) => choiceChunks(choice, states)),
  }
}

function lookAtChoice({ delta, logprobs }: JsonObject): { readonly text: string; readonly holds: boolean } {
  const looked = isJsonObject(delta) ? lookAtDelta(delta) : nothing
  // A token may have no text of its own yet: half of a character.
  return looked.holds || !readLogprobs(logprobs)?.length ? looked : { text: '', holds: true }
}

const nothing = { text: '', holds: false }

/** Any field but the role counts as content, known here or not: it passes through all the same. */
function lookAtDelta(delta: JsonObject): { readonly text: string; readonly holds: boolean } {
  let text = ''
  let holds = false
  for (const field in delta) {
    const value = delta[field]
    if (field === 'role' || value === '' || value === null || value === undefined) continue
    if (Array.isArray(value) && value.length === 0) continue
    holds = true
    if (textFields.has(field)) text += textOf(value)
    // Some servers tell reasoning under both names.
    else if (field === 'reasoning' && typeof delta.reasoning_content !== 'string') text += textOf(value)
    else if (field === 'tool_calls' && Array.isArray(value)) text += callsText(value)
  }
  return { text, holds }
}

const textFields: ReadonlySet<string> = new Set(['content', 'reasoning_content', 'refusal'])

function callsText(calls: readonly unknown[]): string {
  let text = ''
  for (const call of calls)
    if (isJsonObject(call) && isJsonObject(call.function)) text += argumentsText(call.function.arguments)
  return text
}

interface ChoiceState {
  readonly calls: Map<number, string>
  callsMade: number
  refused: boolean
  ended: boolean
}

function choiceChunks(value: JsonObject, states: Map<number, ChoiceState>): ChatChunk[] {
  const choice = typeof value.index === 'number' ? value.index : 0
  const state = states.get(choice) ?? { calls: new Map<number, string>(), callsMade: 0, refused: false, ended: false }
  states.set(choice, state)
  const delta = isJsonObject(value.delta) ? value.delta : {}
  const chunks: ChatChunk[] = []
  const reasoning = textOf(reasoningOf(delta))
  if (reasoning !== '') chunks.push({ type: 'reasoning-delta', choice, text: reasoning })
  const refusal = textOf(delta.refusal)
  if (refusal !== '') state.refused = true
  const text = textOf(delta.content) + refusal
  const logprobs = readLogprobs(value.logprobs)
  if (text !== '' || logprobs?.length)
    chunks.push({ type: 'text-delta', choice, text, ...(logprobs ? { logprobs } : {}) })
  if (Array.isArray(delta.tool_calls)) {
    for (const call of delta.tool_calls) chunks.push(...toolCallChunks(call, choice, state))
  }
  const reason = value.finish_reason
  if (typeof reason === 'string' && reason !== '' && !state.ended) {
    state.ended = true
    const finishReason = state.refused ? 'refusal' : readFinishReason(reason, state.callsMade > 0)
    chunks.push({ type: 'choice-end', choice, finishReason })
  }
  return chunks
}

/**
 * The first sight of a place in the list of calls begins a call. Some servers leave out its id, or the place; Gemini's gives the same
 * place to every call, so that another id with a name begins another one.
 */
function toolCallChunks(call: unknown, choice: number, state: ChoiceState): ChatChunk[] {
  if (!isJsonObject(call)) throw outOfForm()
  const named = isJsonObject(call.function) ? call.function : {}
  const tool = typeof named.name === 'string' && named.name !== '' ? named.name : undefined
  const given = typeof call.id === 'string' && call.id !== '' ? call.id : undefined
  const place = typeof call.index === 'number' ? call.index : placeOf(given, tool, state)
  const known = state.calls.get(place)
  const chunks: ChatChunk[] = []
  let id = known
  if (id === undefined || (tool !== undefined && given !== undefined && given !== id)) {
    if (tool === undefined || state.callsMade >= callsMax) throw outOfForm()
    id = given ?? `call_${state.callsMade}`
    state.callsMade += 1
    state.calls.set(place, id)
    chunks.push({ type: 'tool-call-start', choice, id, tool, ...readProof(call) })
  }
  const text = argumentsText(named.arguments)
  if (text !== '') chunks.push({ type: 'tool-call-delta', choice, id, arguments: text })
  return chunks
}

const callsMax = 1024

/** Without a place: a call that is named is another one, unless its id is known; everything else goes on with the last. */
function placeOf(id: string | undefined, tool: string | undefined, { calls, callsMade }: ChoiceState): number {
  for (const [place, known] of calls) if (known === id) return place
  return tool === undefined ? callsMade - 1 : callsMade
}

function outOfForm(): AstraError {
  return new AstraError('upstream_failed', { reason: 'upstream sent a tool call out of form' })
}
