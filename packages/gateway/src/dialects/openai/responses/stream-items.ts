import type { TokenLogprob } from '../../../kernel/chat.ts'
import type { JsonObject } from '../../dialect.ts'
import { writeLogprobs } from './logprobs.ts'
import { callItem, type ItemStatus, messageItem, outputText, reasoningItem, summaryText } from './output-items.ts'
import type { Proof } from './proof.ts'

/**
 * One output item while it is streamed. Its whole text is kept, as the protocol tells it once more when the item is done, and again at
 * the end of the answer.
 */
export interface StreamedItem<Delta> {
  readonly opened: string
  add(delta: Delta): string
  close(status: ItemStatus): string
  /** Once it is closed. */
  whole(): JsonObject
}

export interface ItemPlace {
  readonly id: string
  readonly index: number
  /** One event, numbered. */
  readonly tell: (type: string, members: JsonObject) => string
}

export interface TextDelta {
  readonly text: string
  readonly logprobs?: readonly TokenLogprob[]
}

export function streamMessage({ id, index, tell }: ItemPlace): StreamedItem<TextDelta> {
  const at = { item_id: id, output_index: index, content_index: 0 }
  const tokens: TokenLogprob[] = []
  let text = ''
  let item = messageItem(id, [], 'in_progress')
  return {
    opened:
      tell('response.output_item.added', { output_index: index, item }) +
      tell('response.content_part.added', { ...at, part: outputText('') }),
    add(delta) {
      text += delta.text
      const logprobs = delta.logprobs ?? []
      for (const token of logprobs) tokens.push(token)
      return tell('response.output_text.delta', { ...at, delta: delta.text, logprobs: writeLogprobs(logprobs) })
    },
    close(status) {
      const part = outputText(text, tokens)
      item = messageItem(id, [part], status)
      return (
        tell('response.output_text.done', { ...at, text, logprobs: part.logprobs }) +
        tell('response.content_part.done', { ...at, part }) +
        tell('response.output_item.done', { output_index: index, item })
      )
    },
    whole: () => item,
  }
}

export function streamReasoning({ id, index, tell }: ItemPlace): StreamedItem<string> & {
  prove(proof: Proof): void
} {
  const at = { item_id: id, output_index: index, summary_index: 0 }
  let text = ''
  let proof: Proof = {}
  let item = reasoningItem(id, { text })
  return {
    opened: tell('response.output_item.added', { output_index: index, item }),
    add(delta) {
      const begun = text === '' ? tell('response.reasoning_summary_part.added', { ...at, part: summaryText('') }) : ''
      text += delta
      return begun + tell('response.reasoning_summary_text.delta', { ...at, delta })
    },
    prove(given) {
      proof = given
    },
    close() {
      item = reasoningItem(id, { text, ...proof })
      const ended =
        text === ''
          ? ''
          : tell('response.reasoning_summary_text.done', { ...at, text }) +
            tell('response.reasoning_summary_part.done', { ...at, part: summaryText(text) })
      return ended + tell('response.output_item.done', { output_index: index, item })
    },
    whole: () => item,
  }
}

export function streamCall(
  { id, index, tell }: ItemPlace,
  call: { readonly id: string; readonly tool: string },
): StreamedItem<string> {
  const at = { item_id: id, output_index: index }
  let written = ''
  let item = callItem(id, { ...call, arguments: '' }, 'in_progress')
  return {
    opened: tell('response.output_item.added', { output_index: index, item }),
    add(delta) {
      written += delta
      return tell('response.function_call_arguments.delta', { ...at, delta })
    },
    close(status) {
      item = callItem(id, { ...call, arguments: written }, status)
      return (
        tell('response.function_call_arguments.done', { ...at, name: call.tool, arguments: written }) +
        tell('response.output_item.done', { output_index: index, item })
      )
    },
    whole: () => item,
  }
}
