import type { DialectCodec, JsonObject, RequestWish } from '../../dialects/dialect.ts'
import type { AttemptContext } from '../../kernel/backend.ts'
import { AstraError } from '../../kernel/errors.ts'
import type { Secret } from '../../kernel/secret.ts'
import type { HttpRequest } from '../http/exchange.ts'
import type { StreamedReply } from '../http/exchange-stream.ts'
import { readBeginning } from '../http/read-beginning.ts'
import { scrub } from '../secrets/scrub.ts'
import type { FixedHeaders } from './fixed-headers.ts'
import { readObject, refusal, succeeded } from './refusal.ts'
import type { VendorProtocol, VendorSettings } from './vendor-protocol.ts'
import type { VendorUpstream } from './vendor-upstream.ts'

/** Whom a version's requests go to, and how they are made. */
export interface Asking {
  readonly protocol: VendorProtocol<VendorSettings>
  readonly settings: VendorSettings
  readonly upstream: VendorUpstream
  readonly headers: () => FixedHeaders | Promise<FixedHeaders>
  /** How whole answers are asked for, and streams. */
  readonly wishes: { readonly whole: RequestWish; readonly stream: RequestWish }
}

/** One request: a body in a dialect. */
export interface Question {
  readonly codec: DialectCodec
  readonly body: string | Buffer
  readonly context: AttemptContext
}

export interface WholeReply {
  readonly bytes: Buffer
  readonly body: JsonObject
}

/** A success, read whole; an error inside it is the codec's to find. No secret is in what it throws. */
export async function askWhole<T>(asking: Asking, question: Question, read: (reply: WholeReply) => T): Promise<T> {
  const headers = asking.headers()
  const fixed = headers instanceof Promise ? await headers : headers
  try {
    const request = writeHttp(asking, question, 'application/json', fixed)
    const reply = await asking.upstream.whole(request, question.context.signal)
    if (!succeeded(reply.status)) throw refusal(reply, asking.protocol.fault)
    return read({ bytes: reply.body, body: readObject(reply.body) })
  } catch (thrown) {
    throw scrub(thrown, fixed.secrets)
  }
}

export interface OpenStream {
  readonly reply: StreamedReply
  readonly secrets: readonly Secret[]
}

/** A response that is a stream of events. */
export async function askStream(asking: Asking, question: Question): Promise<OpenStream> {
  const fixed = await asking.headers()
  const { secrets } = fixed
  try {
    const request = writeHttp(asking, question, 'text/event-stream', fixed)
    const reply = await asking.upstream.stream(request, question.context.signal)
    if (succeeded(reply.status) && !isJson(reply)) return { reply, secrets }
    const whole = await readBeginning(reply, errorBytesMax)
    if (!succeeded(reply.status)) throw refusal(whole, asking.protocol.fault)
    question.codec.ask.readAnswer(readObject(whole.body))
    throw new AstraError('upstream_failed', { reason: 'a stream was asked for, and the answer came whole' })
  } catch (thrown) {
    throw scrub(thrown, secrets)
  }
}

const errorBytesMax = 1 << 20

function isJson({ headers }: StreamedReply): boolean {
  return String(headers['content-type'] ?? '').startsWith('application/json')
}

function writeHttp(
  { protocol, settings }: Asking,
  { codec, body, context }: Question,
  accept: string,
  { lines }: FixedHeaders,
): HttpRequest {
  // Not `tracestate`: those are the caller's own words, and no vendor's business.
  const { callId, traceparent } = context
  const headers = [...lines, 'accept', accept, 'astra-call-id', callId, 'traceparent', traceparent]
  return { path: protocol.path(codec.path, settings), body, headers }
}
