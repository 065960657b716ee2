import { asObject, invalid, type JsonObject, parseJsonBody, quote } from '@astraapi/oip'
import type { ChatTurn, GenerationRequest } from '../models/text-model.ts'
import { nearest } from '../repository/nearest.ts'

/**
 * Reads the body of `…/generate` and `…/generate_stream`: the protocol's generate extension as Triton has it
 * (`{"text_input": "…", "parameters": {…}}`), or, our own addition, `{"messages": […], "parameters": {…}}` for a conversation.
 * Throws ProtocolError `invalid` that names the field; what is not known is refused, as it would be passed over otherwise.
 */
export function readGenerateRequest(body: Uint8Array | undefined, streams: boolean): GenerationRequest {
  const given = known(asObject(parseJsonBody(body), 'The request'), '', ['id', 'text_input', 'messages', 'parameters'])
  const parameters = known(asObject(given.parameters ?? {}, 'The parameters'), 'parameters.', parameterNames)
  if (parameters.stream !== undefined && parameters.stream !== streams) {
    throw invalid(`parameters.stream cannot be ${quote(parameters.stream)} here: ${pathAdvice}`)
  }
  return { input: readInput(given), ...readParameters(parameters) }
}

const pathAdvice = 'POST to …/generate for a whole answer, to …/generate_stream for a stream'
const stopsMax = 16
const stopCharsMax = 256
const messagesMax = 4096

type ReadParameter = (value: unknown, name: string) => Partial<GenerationRequest>

/** By the name on the wire. */
const parameterTable: Readonly<Record<string, ReadParameter>> = {
  max_tokens: (value, name) => ({ outputTokensMax: readNumber(value, name, 1, 10_000_000, true) }),
  temperature: (value, name) => ({ temperature: readNumber(value, name, 0, 10) }),
  top_p: (value, name) => ({ topP: readNumber(value, name, 0, 1) }),
  top_k: (value, name) => ({ topK: readNumber(value, name, 1, 1_000_000, true) }),
  seed: (value, name) => ({ seed: readNumber(value, name, -(2 ** 63), 2 ** 63, true) }),
  stop: (value, name) => ({ stop: readStop(value, name) }),
  json_schema: (value, name) => ({ jsonSchema: asObject(value, name) }),
  stream: () => ({}),
}
const parameterNames = Object.keys(parameterTable)

function readParameters(parameters: JsonObject): Partial<GenerationRequest> {
  const given = Object.entries(parameters).filter(([, value]) => value !== null)
  return Object.assign({}, ...given.map(([name, value]) => parameterTable[name]?.(value, `parameters.${name}`)))
}

function readInput({ text_input, messages }: JsonObject): GenerationRequest['input'] {
  if ((text_input === undefined) === (messages === undefined)) {
    throw invalid('The request must have either text_input or messages')
  }
  if (text_input === undefined) return readMessages(messages)
  if (typeof text_input === 'string') return text_input
  throw invalid(`text_input must be a string, not ${quote(text_input)}`)
}

function readMessages(value: unknown): readonly ChatTurn[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > messagesMax) {
    throw invalid(`messages must be a list of 1 to ${messagesMax} messages`)
  }
  return value.map((message: unknown, index) => {
    const { role, content } = known(asObject(message, `messages[${index}]`), `messages[${index}].`, ['role', 'content'])
    if (role !== 'system' && role !== 'user' && role !== 'assistant') {
      throw invalid(`messages[${index}].role must be system, user or assistant, not ${quote(role)}`)
    }
    if (typeof content !== 'string') throw invalid(`messages[${index}].content must be a string, not ${quote(content)}`)
    return { role, content }
  })
}

function readNumber(value: unknown, name: string, min: number, max: number, whole = false): number {
  if (typeof value === 'number' && value >= min && value <= max && (!whole || Number.isInteger(value))) return value
  throw invalid(`${name} must be ${whole ? 'an integer' : 'a number'} from ${min} to ${max}, not ${quote(value)}`)
}

/** One text, or a list of them. */
function readStop(value: unknown, name: string): readonly string[] {
  const texts: readonly unknown[] = Array.isArray(value) ? value : [value]
  const isStop = (text: unknown) => typeof text === 'string' && text !== '' && text.length <= stopCharsMax
  if (texts.length <= stopsMax && texts.every(isStop)) return texts.map(String)
  throw invalid(`${name} must be at most ${stopsMax} texts of 1 to ${stopCharsMax} characters, not ${quote(value)}`)
}

function known(given: JsonObject, path: string, names: readonly string[]): JsonObject {
  const strange = Object.keys(given).find((name) => !names.includes(name))
  if (strange === undefined) return given
  const meant = nearest(strange, names)
  const advice = meant === undefined ? `known are ${names.join(', ')}` : `did you mean ${meant}?`
  throw invalid(`${quote(path + strange)} is not known here: ${advice}`)
}
