import type { OwnWords } from '../wire/own-words.ts'

export const messagesWords: OwnWords = {
  tools: 'tools',
  toolChoice: 'tool_choice',
  parallelToolCalls: 'tool_choice.disable_parallel_tool_use',
  responseFormat: ['output_config.format', 'output_format'],
  outputTokensMax: 'max_tokens',
  temperature: 'temperature',
  topP: 'top_p',
  topK: 'top_k',
  stop: 'stop_sequences',
  reasoning: ['thinking', 'output_config.effort'],
  'reasoning.effort': ['output_config.effort', 'thinking'],
  'reasoning.tokensMax': 'thinking.budget_tokens',
}
