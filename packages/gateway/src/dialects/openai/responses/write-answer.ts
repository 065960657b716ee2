import type { ChatAnswer, TokenLogprob } from '../../../kernel/chat.ts'
import type { AnswerFacts, JsonObject } from '../../dialect.ts'
import { writeFinish } from './finish.ts'
import { callItem, type ItemStatus, itemId, messageItem, outputText, reasoningItem } from './output-items.ts'
import { responseObject } from './response-object.ts'
import { writeUsage } from './usage.ts'

type Choice = ChatAnswer['choices'][number]

/** `accept.writeAnswer`: the output fits the chat contract already. The protocol knows one choice only. */
export function writeAnswer(outputs: readonly unknown[], facts: AnswerFacts): JsonObject {
  const { choices } = outputs[0] as ChatAnswer
  const choice: Choice = choices[0] ?? { content: [], finishReason: 'other' }
  const finish = writeFinish(choice.finishReason)
  const output = writeOutput(choice, facts.callId, finish.status)
  return responseObject(facts, { ...finish, output, usage: writeUsage(facts.usage) })
}

/** Text parts that follow each other are one message; everything else is an item of its own. */
function writeOutput({ content, logprobs }: Choice, callId: string, status: ItemStatus): readonly JsonObject[] {
  const items: JsonObject[] = []
  let words: JsonObject[] = []
  // The canonical form tells of the tokens of the whole text: they go to its first part.
  let tokens: readonly TokenLogprob[] | undefined = logprobs
  for (const [at, part] of content.entries()) {
    const ended = at === content.length - 1 ? status : 'completed'
    if (part.type === 'text') {
      words.push(outputText(part.text, tokens))
      tokens = undefined
      if (content[at + 1]?.type === 'text') continue
      items.push(messageItem(itemId('message', callId, items.length), words, ended))
      words = []
    } else if (part.type === 'tool-call') items.push(callItem(itemId('call', callId, items.length), part, ended))
    else items.push(reasoningItem(itemId('reasoning', callId, items.length), part))
  }
  return items
}
