import type { LanguageModelV4CallOptions } from '@ai-sdk/provider'
import type { TokenUsage } from '../../kernel/answer.ts'
import { abortSignalOf } from '../../kernel/attempt-signal.ts'
import type { AttemptContext, BackendEvent } from '../../kernel/backend.ts'
import type { ChatAnswer, ChatRequest } from '../../kernel/chat.ts'
import { scrub } from '../secrets/scrub.ts'
import { listenTo, withArrivals } from './arrivals.ts'
import { toFault } from './fault.ts'
import type { Opened } from './open-models.ts'
import { readAnswer, readUsage } from './read-answer.ts'
import { createPartReader } from './read-stream.ts'
import { holdWarnings } from './refusal.ts'
import { rehearse } from './rehearse.ts'
import { untilAbort } from './until-abort.ts'
import { writeChat } from './write-chat.ts'

export interface Answered {
  readonly output: unknown
  readonly usage?: TokenUsage | undefined
}

export async function chat(opened: Opened, request: ChatRequest, context: AttemptContext): Promise<Answered> {
  const { provider, upstream } = opened
  try {
    const options = await prepare(opened, request, context)
    const result = await untilAbort(opened.chat().doGenerate(options), context.signal)
    holdWarnings(result.warnings, upstream, provider.harmless)
    // Some packages take an error inside a 200 for an answer without a word.
    if (result.content.length === 0 && result.finishReason.raw === undefined) throw result.response?.body
    const output: ChatAnswer = readAnswer(result, provider)
    return { output, usage: readUsage(result.usage) }
  } catch (thrown) {
    throw told(thrown, opened, context, false)
  }
}

export async function* streamChat(
  opened: Opened,
  request: ChatRequest,
  context: AttemptContext,
): AsyncGenerator<BackendEvent, void> {
  // The caller's signal, and one more way to stop: whoever leaves the loop early.
  const leaving = new AbortController()
  const leave = () => leaving.abort(context.signal.reason)
  context.signal.addEventListener('abort', leave)
  if (context.signal.aborted) leave()
  let began = false
  try {
    const options = await prepare(opened, request, { ...context, signal: leaving.signal })
    const arrivals = listenTo(leaving.signal)
    const { stream } = await untilAbort(opened.chat().doStream({ ...options, includeRawChunks: true }), leaving.signal)
    const reader = createPartReader(opened)
    for await (const part of withArrivals(stream, arrivals)) {
      const events = part ? reader.read(part) : []
      // The first part is the package's own.
      if (events.length === 0 && part?.type !== 'stream-start') yield { type: 'still-there' }
      for (const event of events) {
        began = true
        yield event
      }
    }
    reader.end()
  } catch (thrown) {
    throw told(thrown, opened, context, began)
  } finally {
    context.signal.removeEventListener('abort', leave)
    leaving.abort()
  }
}

async function prepare(
  opened: Opened,
  request: ChatRequest,
  context: AttemptContext,
): Promise<LanguageModelV4CallOptions> {
  context.signal.throwIfAborted()
  const options = writeChat(request, opened.provider, opened.upstream)
  await rehearse(request, options, opened)
  return { ...options, abortSignal: abortSignalOf(context.signal), headers: traceHeaders(context) }
}

/** Not `tracestate`: those are the caller's own words, and no vendor's business. */
export function traceHeaders({ traceparent, callId }: AttemptContext): Record<string, string> {
  return { traceparent, 'astra-call-id': callId }
}

export function told(thrown: unknown, opened: Opened, { signal }: AttemptContext, began: boolean): unknown {
  return signal.aborted ? signal.reason : scrub(toFault(thrown, opened.upstream, began), opened.secrets)
}
