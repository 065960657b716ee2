import type { DialectCodec, JsonObject, RequestWish } from '../../dialects/dialect.ts'
import type { AttemptContext } from '../../kernel/backend.ts'
import { AstraError } from '../../kernel/errors.ts'
import type { Secret } from '../../kernel/secret.ts'
import type { HttpRequest, ReplyReader } from '../http/exchange.ts'
import type { StreamedReply } from '../http/exchange-stream.ts'
import { readBeginning } from '../http/read-beginning.ts'
import type { Reply } from '../http/reply.ts'
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
  /** Put together once for each dialect. */
  readonly paths: Map<DialectCodec, string>
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

/** A request for a whole answer, and what is made of the answer; each may throw. */
export interface WholeQuestion<T> {
  readonly codec: DialectCodec
  readonly context: AttemptContext
  /** The body. */
  write(asking: Asking): string | Buffer
  read(bytes: Buffer, body: JsonObject): T
}

/** A success, read whole; an error inside it is the codec's to find. No secret is in what it rejects with. */
export function askWhole<T>(askingNow: () => Asking, question: WholeQuestion<T>): Promise<T> {
  try {
    question.context.signal.throwIfAborted()
    const asking = askingNow()
    const body = question.write(asking)
    const headers = asking.headers()
    return headers instanceof Promise
      ? headers.then((fixed) => sendWhole(asking, question, body, fixed))
      : sendWhole(asking, question, body, headers)
  } catch (thrown) {
    return Promise.reject(thrown)
  }
}

function sendWhole<T>(
  asking: Asking,
  question: WholeQuestion<T>,
  body: string | Buffer,
  fixed: FixedHeaders,
): Promise<T> {
  const { codec, context } = question
  const request = writeHttp(asking, { codec, body, context }, 'application/json', fixed)
  return asking.upstream.whole(new WholeReader(asking, question, fixed.secrets), request, context.signal)
}

class WholeReader<T> implements ReplyReader<T> {
  readonly #asking: Asking
  readonly #question: WholeQuestion<T>
  readonly #secrets: readonly Secret[]

  constructor(asking: Asking, question: WholeQuestion<T>, secrets: readonly Secret[]) {
    this.#asking = asking
    this.#question = question
    this.#secrets = secrets
  }

  read(reply: Reply): T {
    if (!succeeded(reply.status)) throw refusal(reply, this.#asking.protocol.fault)
    return this.#question.read(reply.body, readObject(reply.body))
  }

  failed(thrown: unknown): unknown {
    return scrub(thrown, this.#secrets)
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
  asking: Asking,
  { codec, body, context }: Question,
  accept: string,
  fixed: FixedHeaders,
): HttpRequest {
  // Not `tracestate`: those are the caller's own words, and no vendor's business.
  const { callId, traceparent } = context
  const headers = fixed.lines.concat(['accept', accept, 'astra-call-id', callId, 'traceparent', traceparent])
  return { path: asking.paths.get(codec) ?? newPath(asking, codec), body, headers }
}

function newPath({ protocol, settings, upstream, paths }: Asking, codec: DialectCodec): string {
  const path = upstream.base + protocol.path(codec.path, settings)
  paths.set(codec, path)
  return path
}
