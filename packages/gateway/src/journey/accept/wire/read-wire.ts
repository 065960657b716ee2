import type { FastifyRequest } from 'fastify'
import type { DialectCodec, JsonObject } from '../../../dialects/dialect.ts'
import type { Call } from '../../../kernel/call.ts'
import type { Caller } from '../../../kernel/caller.ts'
import type { Contract } from '../../../kernel/catalog.ts'
import { AstraError } from '../../../kernel/errors.ts'
import type { WireRequest } from '../../../kernel/wire.ts'
import { parseJsonMembers, readBody } from '../json-body.ts'
import type { KnownBodies } from '../known-bodies.ts'
import { holdToLimit, largestBody } from './body-limit.ts'
import { checkKeys } from './check-keys.ts'
import { checkSurcharges } from './check-surcharges.ts'
import type { WireDoor, WireRoute } from './wire-door.ts'

/** A request whose model is not known yet. */
export interface SentBody {
  readonly bytes: Buffer
  readonly body: JsonObject
}

/** Of objects: a conversation has some thousands, and inputs in tokens are numbers. */
const membersMax = 100_000

/** Rejects with `body_too_large`, `overloaded` or `cancelled`. */
export function readBytes(
  { raw, headers }: FastifyRequest,
  { consumer }: Caller,
  { context, bodyBytesMax }: WireDoor,
): Promise<Buffer> {
  const limit = Math.max(bodyBytesMax, largestBody(context.catalog()))
  return readBody(raw, headers['content-length'], limit, consumer)
}

/** Throws `invalid_body`, `invalid_input`, `body_too_deep` or `body_too_large`. */
export function readSent(bytes: Buffer, known: KnownBodies<JsonObject>): SentBody {
  const before = known.find(bytes)
  if (before) return { bytes, body: before }
  const { object: body, repeats } = parseJsonMembers(bytes, membersMax)
  checkKeys(bytes, body, repeats)
  return { bytes, body }
}

/** Longer than any that there is. */
const nameLengthMax = 128

/** As the caller wrote it. Throws `invalid_body`, or `unknown_model` where the name is out of all bounds. */
export function modelIn({ model }: JsonObject): string {
  if (typeof model === 'string' && model.length > nameLengthMax) {
    throw new AstraError('unknown_model', { detail: `There is no model "${model.slice(0, 64)}…"` })
  }
  if (typeof model === 'string' && model !== '') return model
  throw new AstraError('invalid_body', {
    detail: '"model" must be the name of a model, as text',
    next: 'GET the path "models" beside this one for their names.',
    violations: [{ path: '/model', message: 'must be the name of a model, as text' }],
  })
}

/** What of a Call its body says. Throws `wrong_task`, `body_too_large`, `not_streamable` and what the codec refuses. */
export function readWire(
  { bytes, body }: SentBody,
  contract: Contract,
  { codec, here }: WireRoute,
  codecs: WireDoor['codecs'],
): Pick<Call, 'batch' | 'stream'> & { readonly wire: WireRequest } {
  if (contract.task !== codec.task) throw wrongTask(contract, codec.task, Object.values(codecs))
  holdToLimit(bytes, contract)
  checkSurcharges(body)
  const { items, stream } = codec.accept.check(body)
  if (stream && !(contract.streams && codec.accept.writeStream)) throw new AstraError('not_streamable')
  let inputs: readonly unknown[] | undefined
  return {
    batch: items > 1,
    stream,
    wire: {
      dialect: codec.name,
      bytes,
      body,
      items,
      canonical: () => {
        inputs ??= codec.accept.readRequest(body)
        return inputs
      },
      ...(here ? { here: () => here(body) } : {}),
    },
  }
}

/** Says where a model of another task is called instead. */
export function wrongTask(
  { model, major, task }: Contract,
  wanted: string,
  codecs: readonly DialectCodec[],
): AstraError {
  const path = codecs.find((codec) => codec.task === task)?.path
  return new AstraError('wrong_task', {
    detail: `"${model}" is no ${wanted} model: its task is ${task}`,
    next: `Call it at POST ${path ? `/v1${path}` : `/models/${model}/v${major}/predict`}, or by GraphQL.`,
  })
}
