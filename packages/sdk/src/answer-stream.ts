import { type AnswerHead, isHead, isUsage, type Usage } from './answer.ts'
import { type AstraError, errorFrom } from './errors.ts'
import { isObject, parseJson } from './json.ts'
import { cancelled } from './limit.ts'
import { errorFromProblem, strangeAnswer } from './problem.ts'
import { type OpenCall, start, step, text, type WireRequest } from './send.ts'
import { type Settleable, settleable } from './settleable.ts'
import { createSseParser, type SseEvent } from './sse-parser.ts'

/** An answer that comes in chunks. It can be read once; leaving the loop early cancels the call. */
export interface AnswerStream<Chunk> extends AsyncIterable<Chunk> {
  /** Resolves as soon as the answer begins, whether or not the chunks are being read. */
  readonly answer: Promise<AnswerHead>
  /** Settles when the loop is over: rejects where the answer was not read to its end. */
  readonly usage: Promise<Usage>
}

/** Sends the request at once. What fails rejects the loop, and the two promises for whoever looks at them. */
export function openAnswerStream<Chunk>(call: OpenCall, request: WireRequest): AnswerStream<Chunk> {
  const answer = settleable<AnswerHead>()
  const usage = settleable<Usage>()
  call.limit.signal.addEventListener('abort', () => {
    answer.reject(call.limit.signal.reason)
    usage.reject(call.limit.signal.reason)
  })
  const chunks = readChunks<Chunk>(call, request, answer, usage)
  let first: Promise<IteratorResult<Chunk, void>> | undefined = chunks.next()
  first.catch(() => {})
  let taken = false
  return {
    answer: answer.promise,
    usage: usage.promise,
    [Symbol.asyncIterator]() {
      if (taken) throw new TypeError('A stream can be read once; call stream() again for another answer')
      taken = true
      return {
        next() {
          const next = first ?? chunks.next()
          first = undefined
          return next
        },
        return: () => chunks.return(),
      }
    },
  }
}

async function* readChunks<Chunk>(
  call: OpenCall,
  request: WireRequest,
  answer: Settleable<AnswerHead>,
  usage: Settleable<Usage>,
): AsyncGenerator<Chunk, void> {
  try {
    for await (const event of readEvents(call, request)) {
      if (event.event === 'chunk') yield jsonOf(event) as Chunk
      else if (note(event, answer, usage)) return
    }
  } catch (error) {
    answer.reject(error)
    usage.reject(error)
    throw error
  } finally {
    // Does nothing to an answer that was read to its end.
    call.limit.abort(cancelled('The stream was left before its end'))
  }
}

/** Takes up what an event other than a chunk says; true when the answer ends with it. */
function note(event: SseEvent, answer: Settleable<AnswerHead>, usage: Settleable<Usage>): boolean {
  // A newer gateway may have more to say than this client knows of.
  if (!knownEvents.has(event.event)) return false
  const value = jsonOf(event)
  if (event.event === 'error') throw errorFromProblem(value, {}) ?? strangeEvent(event)
  if (event.event === 'answer-start' && isHead(value)) {
    const { id, model, version } = value
    answer.resolve({ id, model, version })
    return false
  }
  if (!isObject(value) || !isUsage(value.usage)) throw strangeEvent(event)
  usage.resolve(value.usage)
  // Where no start came before the end; does nothing otherwise.
  answer.reject(strangeEvent(event))
  return true
}

const lastEvents: ReadonlySet<string> = new Set(['answer-end', 'error'])
const knownEvents: ReadonlySet<string> = new Set(['answer-start', ...lastEvents])

/** The events up to the last one. A body that ends before it was cut on the way, however cleanly it ended. */
async function* readEvents(call: OpenCall, request: WireRequest): AsyncGenerator<SseEvent, void> {
  const response = await start(call, request)
  const { body, headers } = response
  if (!body || !headers.get('content-type')?.startsWith('text/event-stream'))
    throw strangeAnswer(response, await text(call, response))
  const reader = body.getReader()
  const read = () =>
    reader.read().catch((cause) => {
      throw streamCut(headers, cause)
    })
  const parser = createSseParser()
  for (;;) {
    const { done, value } = await step(call, read)
    if (done) throw streamCut(headers)
    for (const event of parser.push(value)) {
      if (lastEvents.has(event.event)) release(call, reader)
      yield event
    }
  }
}

/**
 * Ends the call without ending its connection: read to its end, it can serve again, and the gateway sees no caller leave. One
 * that somebody holds open is given up.
 */
function release({ limit, link }: OpenCall, reader: ReadableStreamDefaultReader<Uint8Array>): void {
  limit.close()
  const giveUp = () => reader.cancel().catch(() => {})
  const stopClock = link.clock.timer(1000, giveUp)
  const drain = (): Promise<void> => reader.read().then(({ done }) => (done ? undefined : drain()))
  drain().then(stopClock, stopClock)
}

function streamCut(headers: Headers, cause?: unknown): AstraError {
  return errorFrom({
    code: 'stream_cut',
    detail: 'The stream was cut before its answer was complete',
    next: 'Do not take what arrived for the whole answer; repeat if the call may run twice.',
    callId: headers.get('astra-call-id') ?? undefined,
    cause,
  })
}

function jsonOf(event: SseEvent): unknown {
  const value = parseJson(event.data)
  if (value === undefined) throw strangeEvent(event)
  return value
}

function strangeEvent({ event, data }: SseEvent): AstraError {
  return errorFrom({
    code: 'invalid_answer',
    detail: `An event of the stream cannot be read: ${event} ${data.slice(0, 120)}`,
    next: 'Check "url", and what stands between here and the gateway.',
  })
}
