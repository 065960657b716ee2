import type { DialectCodec, JsonObject } from '../../dialects/dialect.ts'
import type { AttemptContext } from '../../kernel/backend.ts'
import { AstraError } from '../../kernel/errors.ts'
import type { Secret } from '../../kernel/secret.ts'
import type { HttpRequest } from '../http/exchange.ts'
import type { StreamedReply } from '../http/exchange-stream.ts'
import { readBeginning } from '../http/read-beginning.ts'
import { scrub } from '../secrets/scrub.ts'
import type { SecretReference, SecretSource } from '../secrets/secret-source.ts'
import { readObject, refusal, succeeded } from './refusal.ts'
import type { VendorProtocol, VendorSettings } from './vendor-protocol.ts'
import type { VendorUpstream } from './vendor-upstream.ts'

/** Whom a version's requests go to, and how they are made. */
export interface Asking {
  readonly protocol: VendorProtocol<VendorSettings>
  readonly settings: VendorSettings
  readonly upstream: VendorUpstream
  readonly secrets: SecretSource
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
  const { request, secrets } = await writeHttp(asking, question, 'application/json')
  try {
    const reply = await asking.upstream.whole(request, question.context.signal)
    if (!succeeded(reply.status)) throw refusal(reply, asking.protocol.fault)
    return read({ bytes: reply.body, body: readObject(reply.body) })
  } catch (thrown) {
    throw scrub(thrown, secrets)
  }
}

export interface OpenStream {
  readonly reply: StreamedReply
  readonly secrets: readonly Secret[]
}

/** A response that is a stream of events. */
export async function askStream(asking: Asking, question: Question): Promise<OpenStream> {
  const { request, secrets } = await writeHttp(asking, question, 'text/event-stream')
  try {
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

async function writeHttp(
  { protocol, settings, upstream, secrets: source }: Asking,
  { codec, body, context }: Question,
  accept: string,
): Promise<{ readonly request: HttpRequest; readonly secrets: readonly Secret[] }> {
  const secrets: Secret[] = []
  const reveal = async (reference: SecretReference) => {
    const secret = await source.read(reference)
    secrets.push(secret)
    return secret.reveal()
  }
  const headers = new Map(Object.entries(protocol.headers(settings)))
  const key = keyReference(protocol, settings, upstream.replica)
  if (key) headers.set(...protocol.authorise(await reveal(key), settings))
  for (const [name, value] of Object.entries(settings.headers ?? {})) {
    headers.set(name.toLowerCase(), typeof value === 'string' ? value : await reveal(value))
  }
  headers.set('content-type', 'application/json').set('accept', accept).set('astra-call-id', context.callId)
  // Not `tracestate`: those are the caller's own words, and no vendor's business.
  headers.set('traceparent', context.traceparent)
  const path = protocol.path(codec.path, settings)
  return { request: { path, body, headers: [...headers].flat() }, secrets }
}

/** A key goes to another address than the vendor's own only when the manifest says so. */
export function keyReference(
  protocol: VendorProtocol<VendorSettings>,
  settings: VendorSettings,
  replica: string,
): SecretReference | undefined {
  return settings.apiKey ?? (isOwn(protocol, replica) ? { env: protocol.keyEnv } : undefined)
}

export function isOwn({ address }: Pick<VendorProtocol<VendorSettings>, 'address'>, replica: string): boolean {
  return replica.replace(/\/+$/, '') === address
}
