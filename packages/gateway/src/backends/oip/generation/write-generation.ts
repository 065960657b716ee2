import type { ChatMessage, ChatRequest } from '../../../kernel/chat.ts'
import { AstraError } from '../../../kernel/errors.ts'

/** What a completion's contract says of its input; the contract has checked it. */
export interface CompletionRequest extends Pick<ChatRequest, SharedField> {
  readonly prompt: string
}

type SharedField = 'outputTokensMax' | 'temperature' | 'topP' | 'seed' | 'stop'

/** The body of a generation. Throws `unsupported` at what it cannot carry. */
export function writeCompletion(input: CompletionRequest): string {
  return JSON.stringify({ text_input: input.prompt, parameters: sharedParameters(input) })
}

/** As `writeCompletion`, of a conversation: the runtime's own addition to the extension. */
export function writeChat(request: ChatRequest): string {
  for (const [field, isAsked] of Object.entries(uncarried)) if (isAsked(request)) throw unsupported(`"${field}"`, field)
  const { messages, topK, responseFormat } = request
  const parameters = {
    ...sharedParameters(request),
    ...(topK !== undefined && { top_k: topK }),
    ...(responseFormat?.type === 'json' && { json_schema: responseFormat.schema ?? anyObject }),
  }
  return JSON.stringify({ messages: messages.map(writeMessage), parameters })
}

/** Whether a request asks for what cannot be had; a value that changes nothing may stay. */
const uncarried: Readonly<Record<string, (request: ChatRequest) => boolean>> = {
  tools: ({ tools }) => tools !== undefined && tools.length > 0,
  toolChoice: ({ toolChoice }) => toolChoice === 'required' || typeof toolChoice === 'object',
  frequencyPenalty: ({ frequencyPenalty = 0 }) => frequencyPenalty !== 0,
  presencePenalty: ({ presencePenalty = 0 }) => presencePenalty !== 0,
  n: ({ n = 1 }) => n !== 1,
  logprobs: ({ logprobs }) => logprobs !== undefined,
  reasoning: ({ reasoning }) => reasoning !== undefined,
}

const anyObject = { type: 'object', additionalProperties: true }

function sharedParameters({ outputTokensMax, temperature, topP, seed, stop }: Pick<ChatRequest, SharedField>) {
  return {
    ...(outputTokensMax !== undefined && { max_tokens: outputTokensMax }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
    // 64 bits may come as a bigint or a text.
    ...(seed !== undefined && { seed: Number(seed) }),
    ...(stop !== undefined && stop.length > 0 && { stop }),
  }
}

function writeMessage({ role, content }: ChatMessage): { readonly role: string; readonly content: string } {
  if (role === 'tool') throw unsupported('a "tool" message')
  const texts: string[] = []
  for (const part of content) {
    if (part.type === 'text') texts.push(part.text)
    // What a model thought before an earlier answer is no part of its template's input.
    else if (part.type !== 'reasoning') throw unsupported(`a part of type "${part.type}"`)
  }
  return { role, content: texts.join('\n') }
}

function unsupported(what: string, field?: string): AstraError {
  return new AstraError('unsupported', {
    ...(field === undefined ? {} : { field }),
    detail: `${what.charAt(0).toUpperCase()}${what.slice(1)} cannot be passed to this model`,
    next: 'Leave it out, or use another version.',
    reason: `the generate extension of the Open Inference Protocol cannot carry ${what}`,
  })
}
