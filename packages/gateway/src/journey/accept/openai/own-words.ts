import type { OwnWords } from '../wire/own-words.ts'

const shared = { temperature: 'temperature', topP: 'top_p' } as const
const tools = { tools: 'tools', toolChoice: 'tool_choice', parallelToolCalls: 'parallel_tool_calls' } as const

export const chatWords: OwnWords = {
  ...shared,
  ...tools,
  responseFormat: 'response_format',
  outputTokensMax: ['max_completion_tokens', 'max_tokens'],
  stop: 'stop',
  seed: 'seed',
  frequencyPenalty: 'frequency_penalty',
  presencePenalty: 'presence_penalty',
  n: 'n',
  logprobs: 'logprobs',
  reasoning: 'reasoning_effort',
  'reasoning.effort': 'reasoning_effort',
}

export const responsesWords: OwnWords = {
  ...shared,
  ...tools,
  responseFormat: 'text.format',
  outputTokensMax: 'max_output_tokens',
  logprobs: ['top_logprobs', 'include'],
  reasoning: 'reasoning',
  'reasoning.effort': 'reasoning.effort',
}

export const completionsWords: OwnWords = { ...shared, outputTokensMax: 'max_tokens', seed: 'seed', stop: 'stop' }
