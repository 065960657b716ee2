import type { ChatRequest } from '../../../kernel/chat.ts'
import { AstraError } from '../../../kernel/errors.ts'
import type { JsonObject, RequestWish } from '../../dialect.ts'
import { given } from '../../json.ts'
import { notInAnthropic } from './refusal.ts'
import { writeOutput, writeTools } from './write-options.ts'
import { writeConversation } from './write-turns.ts'

/** The protocol demands a bound on every answer; this is ours where the caller named none. Every model in service can write as much. */
export const outputTokensDefault = 8192

/** A canonical request in the words of the messages protocol. Throws `unsupported` for what it has no words for. */
export function writeRequest(inputs: readonly unknown[], { model, stream }: RequestWish): JsonObject {
  const request = onlyInput(inputs)
  for (const [member, refused] of wordless) if (refused(request)) throw notInAnthropic(member, `/${member}`)
  const { messages, outputTokensMax, temperature, topP, topK, stop, reasoning } = request
  return {
    model,
    // Reasoning counts towards the bound: a budget for it must not eat up ours.
    max_tokens: outputTokensMax ?? outputTokensDefault + (reasoning?.tokensMax ?? 0),
    ...writeConversation(messages),
    ...given({ temperature, top_p: topP, top_k: topK, stop_sequences: stop }),
    ...writeTools(request),
    ...writeOutput(request),
    ...(stream ? { stream } : {}),
  }
}

/** Of a request that only counts tokens: what an answer would need is refused there. */
export function writeCount(inputs: readonly unknown[], wish: RequestWish): JsonObject {
  const request = onlyInput(inputs)
  return {
    model: wish.model,
    ...writeConversation(request.messages),
    ...writeTools(request),
    ...writeOutput(request),
  }
}

/** Members that the protocol has no words for, where they ask for anything. */
const wordless: readonly (readonly [member: keyof ChatRequest, refused: (request: ChatRequest) => boolean])[] = [
  ['n', ({ n }) => n !== undefined && n !== 1],
  ['seed', ({ seed }) => seed !== undefined],
  ['logprobs', ({ logprobs }) => logprobs !== undefined],
  ['frequencyPenalty', ({ frequencyPenalty }) => Boolean(frequencyPenalty)],
  ['presencePenalty', ({ presencePenalty }) => Boolean(presencePenalty)],
  // Its range ends at 1 here: to squeeze others' range into it would be another wish.
  ['temperature', ({ temperature = 0 }) => temperature > 1],
]

/** The inputs were held against the contract, whose form is that of a chat. */
function onlyInput(inputs: readonly unknown[]): ChatRequest {
  const [input, ...more] = inputs
  if (input === undefined || more.length > 0) {
    throw new AstraError('unsupported', {
      detail: 'A request to this model holds exactly one input',
      next: 'Send one input in a request.',
    })
  }
  return input as ChatRequest
}
