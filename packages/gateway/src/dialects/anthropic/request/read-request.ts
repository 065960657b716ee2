import type { ChatRequest } from '../../../kernel/chat.ts'
import type { JsonObject } from '../../dialect.ts'
import { given } from '../../json.ts'
import { form, integerWithin, listOf, membersOf, numberWithin, optional, unsupported } from '../../members.ts'
import { textAt } from '../../values.ts'
import { requestPasses } from './passes.ts'
import { readOutput, readTool, readToolChoice } from './read-options.ts'
import { readConversation } from './read-turns.ts'

const requestForm = form(
  [
    'messages',
    'system',
    'max_tokens',
    'temperature',
    'top_p',
    'top_k',
    'stop_sequences',
    'tools',
    'tool_choice',
    'thinking',
    'output_config',
    'output_format',
  ],
  requestPasses,
)

/** A request of the messages protocol in canonical form; `unsupported` names what only Anthropic's own models know. */
export function readRequest(body: JsonObject): ChatRequest {
  membersOf(body, '', requestForm)
  // Fills Anthropic's prompt cache and answers nothing.
  if (body.max_tokens === 0) throw unsupported('max_tokens: 0', '/max_tokens')
  return {
    messages: readConversation(body),
    ...given({
      tools: optional(body, 'tools', '', listOf(readTool)),
      outputTokensMax: optional(body, 'max_tokens', '', integerWithin(1, 10_000_000)),
      temperature: optional(body, 'temperature', '', numberWithin(0, 1)),
      topP: optional(body, 'top_p', '', numberWithin(0, 1)),
      topK: optional(body, 'top_k', '', integerWithin(1, 1000)),
      stop: optional(body, 'stop_sequences', '', listOf(textAt)),
    }),
    ...optional(body, 'tool_choice', '', readToolChoice),
    ...readOutput(body),
  }
}
