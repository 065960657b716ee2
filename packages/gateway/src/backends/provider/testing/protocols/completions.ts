import { type Json, list, type Protocol, type Said, sse, textOf } from './protocol.ts'

/** What Mistral, Groq and DeepSeek made of OpenAI's chat completions: https://docs.mistral.ai/api/ and the like. */
function completions(own: Pick<Protocol, 'error'>): Protocol {
  return {
    readText: ({ messages }) => textOf(list(messages).at(-1)?.content),
    readTexts: ({ input }, path) => (path.endsWith('/embeddings') ? (input as readonly string[]) : undefined),
    streams: ({ stream }) => stream === true,
    contentType: 'text/event-stream',
    whole: (said) => ({
      ...head('chat.completion'),
      choices: [{ index: 0, message: { role: 'assistant', ...content(said) }, finish_reason: finishReason(said) }],
      usage: usage(said),
    }),
    events(said) {
      const deltas = said.tool ? [content(said)] : said.words.map((word) => ({ content: word }))
      const told = usage(said)
      return {
        events: [
          sse(chunk({ role: 'assistant', content: '' })),
          ...deltas.map((delta) => sse(chunk(delta))),
          sse({ ...chunk({ content: '' }, finishReason(said)), usage: told, x_groq: { id: 'answer', usage: told } }),
          sse('[DONE]'),
        ],
        first: 1,
      }
    },
    embeddings: (vectors) => ({
      id: 'answer',
      object: 'list',
      model: 'fake',
      data: vectors.map((embedding, index) => ({ object: 'embedding', embedding, index })),
      usage: { prompt_tokens: 2 * vectors.length, total_tokens: 2 * vectors.length },
    }),
    ...own,
  }
}

export const mistral = completions({
  error: (status, message) => ({ object: 'error', message, type: 'error', param: null, code: String(status) }),
})
export const groq = completions({
  error: (_, message) => ({ error: { message, type: 'error' } }),
})
export const deepseek = completions({
  error: (_, message) => ({ error: { message, type: 'error', param: null, code: 'error' } }),
})

const head = (object: string): Json => ({ id: 'answer', object, created: 1_700_000_000, model: 'fake' })

function content({ words, tool }: Said): Json {
  if (!tool) return { content: words.join('') }
  const call = { name: tool.name, arguments: JSON.stringify(tool.arguments) }
  return { content: '', tool_calls: [{ index: 0, id: 'call12345', type: 'function', function: call }] }
}

function chunk(delta: Json, finish: string | null = null): Json {
  return { ...head('chat.completion.chunk'), choices: [{ index: 0, delta, finish_reason: finish }] }
}

function finishReason({ tool }: Said): string {
  return tool ? 'tool_calls' : 'stop'
}

function usage(said: Said): Json {
  return {
    prompt_tokens: said.inputTokens,
    completion_tokens: said.outputTokens,
    total_tokens: said.inputTokens + said.outputTokens,
    prompt_tokens_details: { cached_tokens: said.cachedTokens },
    completion_tokens_details: { reasoning_tokens: said.reasoningTokens },
    prompt_cache_hit_tokens: said.cachedTokens,
    prompt_cache_miss_tokens: said.inputTokens - said.cachedTokens,
  }
}
