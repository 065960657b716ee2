import { isJsonObject } from '../../kernel/schema/facets.ts'
import type { AnswerFacts, AskHalf, DialectCodec, JsonObject, ReadAnswer, RequestWish } from '../dialect.ts'
import { outOfForm } from '../json.ts'
import { setMembers } from '../json-edit.ts'
import { always, byType, form, listOf, membersOf, type Read, required } from '../members.ts'
import { textAt, wrongAt } from '../values.ts'
import { isString, objectsIn, type TextInput, textsOf } from './embeddings/texts.ts'
import { openaiFault } from './fault.ts'

export const openaiModerations: DialectCodec = {
  name: 'openai-moderations',
  task: 'moderation',
  path: '/moderations',
  accept: { check, readRequest, writeAnswer },
  ask: { writeRequest, readAnswer, lookAtAnswer, forward },
}

/** A list of strings is as many inputs; parts are one input together, as text and image are judged as a whole. */
function check({ input }: JsonObject): { items: number; stream: boolean } {
  if (typeof input === 'string') return { items: 1, stream: false }
  if (Array.isArray(input) && input.length > 0) {
    if (input.every(isString)) return { items: input.length, stream: false }
    if (input.every(isJsonObject)) return { items: 1, stream: false }
  }
  throw wrongAt('/input', 'must be a string, or a non-empty list of strings or of parts')
}

const requestForm = form(['input'], { model: always })
const partForm = form(['type', 'text'], {})

const readInput: Read<readonly TextInput[]> = (value, path) => {
  if (typeof value === 'string') return [{ text: value }]
  if (Array.isArray(value) && value.every(isString)) return value.map((words) => ({ text: words }))
  return [{ text: readParts(value, path).join('\n') }]
}

const readParts = listOf(
  byType({ text: (value, path) => required(membersOf(value, path, partForm), 'text', path, textAt) }),
)

function readRequest(body: JsonObject): readonly TextInput[] {
  return required(membersOf(body, '', requestForm), 'input', '', readInput)
}

interface Judgement {
  readonly flagged: boolean
  readonly categories: Readonly<Record<string, boolean>>
  readonly scores: Readonly<Record<string, number>>
}

function writeAnswer(outputs: readonly unknown[], { callId, model }: AnswerFacts): JsonObject {
  const results = outputs.map((output) => {
    const { flagged, categories, scores } = output as Judgement
    return { flagged, categories, category_scores: scores }
  })
  return { id: `modr_${callId}`, model, results }
}

function writeRequest(inputs: readonly unknown[], { model }: RequestWish): JsonObject {
  return { model, input: textsOf(inputs) }
}

function readAnswer(body: JsonObject): ReadAnswer {
  return { items: resultsOf(body).map((result) => ({ output: readResult(result) })) }
}

function readResult({ flagged, categories, category_scores }: JsonObject): Judgement {
  if (typeof flagged !== 'boolean') throw outOfForm('a result does not say whether it is flagged')
  return {
    flagged,
    categories: membersOfType(categories, (value) => typeof value === 'boolean'),
    scores: membersOfType(category_scores, (value) => typeof value === 'number'),
  }
}

/** A model says null of a category that it does not know. */
function membersOfType<T>(value: unknown, isWanted: (member: unknown) => member is T): Readonly<Record<string, T>> {
  const pairs = Object.entries(isJsonObject(value) ? value : {})
  return Object.fromEntries(pairs.flatMap(([name, member]) => (isWanted(member) ? [[name, member] as const] : [])))
}

function lookAtAnswer(body: JsonObject): ReturnType<AskHalf['lookAtAnswer']> {
  resultsOf(body)
  return { text: '' }
}

function forward(...[{ bytes }, { model }]: Parameters<AskHalf['forward']>): ReturnType<AskHalf['forward']> {
  return { bytes: setMembers(bytes, { model: JSON.stringify(model) }), hidesUsage: false }
}

function resultsOf(body: JsonObject): readonly JsonObject[] {
  const fault = openaiFault(body, undefined, false)
  if (fault) throw fault
  return objectsIn(body.results, 'results')
}
