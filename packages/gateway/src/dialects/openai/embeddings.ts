import type { TokenUsage } from '../../kernel/answer.ts'
import { AstraError } from '../../kernel/errors.ts'
import { isJsonObject } from '../../kernel/schema/facets.ts'
import type { AnswerFacts, AskHalf, DialectCodec, JsonObject, ReadAnswer, RequestWish } from '../dialect.ts'
import { given, outOfForm } from '../json.ts'
import { setMembers } from '../json-edit.ts'
import { always, form, membersOf, unsupported } from '../members.ts'
import { readCount } from '../read-count.ts'
import { wrongAt } from '../values.ts'
import { floatsFromBase64, floatsToBase64 } from './embeddings/floats.ts'
import { isString, objectsIn, type TextInput, textsOf } from './embeddings/texts.ts'
import { openaiFault } from './fault.ts'

export const openaiEmbeddings: DialectCodec = {
  name: 'openai-embeddings',
  task: 'embedding',
  path: '/embeddings',
  accept: { check, readRequest, writeAnswer },
  ask: { writeRequest, readAnswer, lookAtAnswer, forward },
}

function check({ input, encoding_format, dimensions }: JsonObject): { items: number; stream: boolean } {
  const format = encoding_format ?? 'float'
  if (format !== 'float' && format !== 'base64') throw wrongAt('/encoding_format', 'must be float or base64')
  // Those of a model's contract hold for all its callers, and vectors of another length mean nothing beside theirs.
  if (dimensions !== undefined && dimensions !== null) {
    throw new AstraError('unsupported', {
      detail: "The dimensions of a model's vectors are fixed by its contract",
      next: 'Leave "dimensions" out.',
      violations: [{ path: '/dimensions', message: 'cannot be chosen by callers' }],
    })
  }
  return { items: countInputs(input), stream: false }
}

/** Texts, or the same as numbers of a model's own tokens. */
function countInputs(input: unknown): number {
  if (typeof input === 'string') return 1
  if (Array.isArray(input) && input.length > 0) {
    if (isTokens(input)) return 1
    if (input.every(isString) || input.every(isTokens)) return input.length
  }
  throw wrongAt('/input', 'must be a string, a non-empty list of strings, or tokens')
}

function isTokens(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(Number.isInteger)
}

/** The format is one of the answer, which this gateway writes. */
const requestForm = form(['input'], { model: always, user: always, encoding_format: always })

function readRequest(body: JsonObject): readonly TextInput[] {
  const { input } = membersOf(body, '', requestForm)
  const list: readonly unknown[] = Array.isArray(input) ? input : [input]
  return list.map((text) => {
    if (typeof text !== 'string') throw unsupported('tokens', '/input')
    return { text }
  })
}

function writeAnswer(outputs: readonly unknown[], { model, request, usage }: AnswerFacts): JsonObject {
  const packs = request.encoding_format === 'base64'
  const inputTokens = usage.inputTokens ?? 0
  return {
    object: 'list',
    data: outputs.map((output, index) => {
      const { embedding } = output as { readonly embedding: readonly number[] }
      return { object: 'embedding', index, embedding: packs ? floatsToBase64(embedding) : embedding }
    }),
    model,
    usage: { prompt_tokens: inputTokens, total_tokens: inputTokens },
  }
}

function writeRequest(inputs: readonly unknown[], { model }: RequestWish): JsonObject {
  return { model, input: textsOf(inputs), encoding_format: 'float' }
}

function readAnswer(body: JsonObject): ReadAnswer {
  const data = dataOf(body)
  const vectors = new Map(data.map(({ index, embedding }, at) => [index ?? at, vectorOf(embedding)]))
  const items = data.map((_, at) => {
    const embedding = vectors.get(at)
    if (!embedding) throw outOfForm(`the embedding with index ${at} is missing`)
    return { output: { embedding } }
  })
  return { items, ...given({ usage: usageOf(body) }) }
}

function lookAtAnswer(body: JsonObject): ReturnType<AskHalf['lookAtAnswer']> {
  dataOf(body)
  return { text: '', ...given({ usage: usageOf(body) }) }
}

function forward(...[{ bytes }, { model }]: Parameters<AskHalf['forward']>): ReturnType<AskHalf['forward']> {
  return { bytes: setMembers(bytes, { model: JSON.stringify(model) }), hidesUsage: false }
}

function dataOf(body: JsonObject): readonly JsonObject[] {
  const fault = openaiFault(body, undefined, false)
  if (fault) throw fault
  return objectsIn(body.data, 'data')
}

/** Some servers pack vectors whether they were asked to or not. */
function vectorOf(embedding: unknown): readonly number[] {
  const vector = typeof embedding === 'string' ? floatsFromBase64(embedding) : embedding
  if (!Array.isArray(vector) || !vector.every(Number.isFinite)) throw outOfForm('an embedding is no list of numbers')
  return vector
}

/** Embeddings put nothing out, so that all tokens are input. */
function usageOf({ usage }: JsonObject): TokenUsage | undefined {
  if (!isJsonObject(usage)) return undefined
  const inputTokens = readCount(usage.prompt_tokens ?? usage.total_tokens)
  return inputTokens === undefined ? undefined : { inputTokens }
}
