import type { ChatMessage, ChatRequest, ChatTool } from '../../../kernel/chat.ts'
import type { JsonObject, RequestWish } from '../../dialect.ts'
import { given } from '../../json.ts'
import { isStrict } from '../chat/strict-schema.ts'
import { wordlessError, writeAssistant, writeResult, writeUserPart } from './write-items.ts'

/** `ask.writeRequest`: the input fits the chat contract already. */
export function writeRequest(inputs: readonly unknown[], wish: RequestWish): JsonObject {
  const [input, another] = inputs
  if (input === undefined || another !== undefined) throw new Error('a response takes one chat')
  const request = input as ChatRequest
  refuseWordless(request)
  const { logprobs, reasoning } = request
  return {
    model: wish.model,
    // Nothing may be left behind at upstream.
    store: false,
    ...(wish.stream ? { stream: true } : {}),
    input: request.messages.flatMap(writeMessage),
    ...given({
      // Upstreams refuse an empty list.
      tools: request.tools?.length ? request.tools.map(writeTool) : undefined,
      tool_choice: writeToolChoice(request.toolChoice),
      parallel_tool_calls: request.parallelToolCalls,
      text: writeFormat(request.responseFormat),
      max_output_tokens: request.outputTokensMax,
      temperature: request.temperature,
      top_p: request.topP,
      reasoning: reasoning?.effort === undefined ? undefined : { effort: reasoning.effort },
      top_logprobs: logprobs || undefined,
      include: writeInclude(request),
    }),
  }
}

/** What the protocol has no words for, by its canonical name. */
const wordless: readonly { readonly name: string; readonly isIn: (request: ChatRequest) => boolean }[] = [
  { name: 'stop', isIn: ({ stop }) => stop !== undefined && stop.length > 0 },
  { name: 'seed', isIn: ({ seed }) => seed !== undefined },
  { name: 'frequencyPenalty', isIn: ({ frequencyPenalty }) => Boolean(frequencyPenalty) },
  { name: 'presencePenalty', isIn: ({ presencePenalty }) => Boolean(presencePenalty) },
  { name: 'n', isIn: ({ n }) => n !== undefined && n !== 1 },
  { name: 'topK', isIn: ({ topK }) => topK !== undefined },
  { name: 'reasoning.tokensMax', isIn: ({ reasoning }) => reasoning?.tokensMax !== undefined },
]

function refuseWordless(request: ChatRequest): void {
  const found = wordless.find(({ isIn }) => isIn(request))
  if (found) throw wordlessError(found.name)
}

function writeMessage(message: ChatMessage): readonly JsonObject[] {
  switch (message.role) {
    case 'system':
      return [{ role: 'system', content: message.content.map(writeUserPart) }]
    case 'user':
      return [{ role: 'user', content: message.content.map(writeUserPart) }]
    case 'assistant':
      return writeAssistant(message.content)
    case 'tool':
      return message.content.map(writeResult)
  }
}

/** Strict is what the protocol takes for granted, other than the canonical form. */
function writeTool({ name, description, parameters, strict }: ChatTool): JsonObject {
  return { type: 'function', name, ...given({ description }), parameters, strict: strict ?? false }
}

function writeToolChoice(choice: ChatRequest['toolChoice']): unknown {
  return typeof choice === 'object' ? { type: 'function', name: choice.tool } : choice
}

function writeFormat(format: ChatRequest['responseFormat']): JsonObject | undefined {
  if (format === undefined) return undefined
  if (format.type === 'text') return { format: { type: 'text' } }
  if (format.schema === undefined) return { format: { type: 'json_object' } }
  const { schema, name = 'answer' } = format
  return { format: { type: 'json_schema', name, schema, strict: isStrict(schema) } }
}

/** Models that do not reason refuse to be asked for their reasoning. */
function writeInclude({ logprobs, reasoning }: ChatRequest): readonly string[] | undefined {
  const reasons = reasoning?.effort !== undefined && reasoning.effort !== 'none'
  const include = [
    ...(logprobs === undefined ? [] : ['message.output_text.logprobs']),
    ...(reasons ? ['reasoning.encrypted_content'] : []),
  ]
  return include.length > 0 ? include : undefined
}
