import type { Ask, LlmClient } from './llm-client.ts'

type Words = NonNullable<LlmClient['words']>

const picture = 'https://pictures.example/paris.png'

/** Rows of docs/capabilities.md, as each door's requests say them. */
export const features: Readonly<Record<string, Partial<Record<Words, Partial<Ask>>>>> = {
  temperature: {
    'openai-chat': { more: { temperature: 0.5 } },
    'openai-responses': { more: { temperature: 0.5 } },
    'anthropic-messages': { more: { temperature: 0.5 } },
  },
  'top p': { 'openai-chat': { more: { top_p: 0.5 } }, 'openai-responses': { more: { top_p: 0.5 } } },
  'top k': { 'anthropic-messages': { more: { top_k: 33 } } },
  stop: {
    'openai-chat': { more: { stop: ['END'] } },
    'anthropic-messages': { more: { stop_sequences: ['END'] } },
  },
  seed: { 'openai-chat': { more: { seed: 4711 } } },
  'frequency penalty': { 'openai-chat': { more: { frequency_penalty: 0.5 } } },
  'presence penalty': { 'openai-chat': { more: { presence_penalty: 0.5 } } },
  n: { 'openai-chat': { more: { n: 2 } } },
  logprobs: {
    'openai-chat': { more: { logprobs: true, top_logprobs: 3 } },
    'openai-responses': { more: { top_logprobs: 3, include: ['message.output_text.logprobs'] } },
  },
  'reasoning effort': {
    'openai-chat': { more: { reasoning_effort: 'high' } },
    'openai-responses': { more: { reasoning: { effort: 'high' } } },
  },
  'reasoning token budget': {
    'anthropic-messages': { more: { max_tokens: 4096, thinking: { type: 'enabled', budget_tokens: 2048 } } },
  },
  'parallel tool calls off': {
    'openai-chat': { tools: true, more: { parallel_tool_calls: false } },
    'openai-responses': { tools: true, more: { parallel_tool_calls: false } },
    'anthropic-messages': {
      tools: true,
      more: { tool_choice: { type: 'auto', disable_parallel_tool_use: true } },
    },
  },
  'image, URL': {
    'openai-chat': { image: picture },
    'openai-responses': { image: picture },
    'anthropic-messages': { image: picture },
  },
}
