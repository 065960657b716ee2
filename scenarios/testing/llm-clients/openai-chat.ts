import OpenAI from 'openai'
import { zodResponseFormat } from 'openai/helpers/zod'
import {
  type Ask,
  type ClientAccess,
  chatModel,
  type Heard,
  imageUrl,
  type LlmClient,
  placeSchema,
  toolsOnOffer,
} from './llm-client.ts'
import { toolResult } from './upstreams.ts'

type Message = OpenAI.ChatCompletionMessageParam

export function openaiClient({ url, key, headers, fetch }: ClientAccess): OpenAI {
  return new OpenAI({ baseURL: `${url}/openai/v1`, apiKey: key, defaultHeaders: headers, fetch })
}

export const openaiFaults = {
  400: OpenAI.BadRequestError,
  401: OpenAI.AuthenticationError,
  404: OpenAI.NotFoundError,
}

/** The package `openai`, chat completions. */
export function openaiChatClient(access: ClientAccess): LlmClient {
  const { chat } = openaiClient(access)
  return {
    name: 'openai: chat.completions',
    door: 'openai',
    words: 'openai-chat',
    faults: openaiFaults,
    whole: async (ask) => heard(await chat.completions.create(body(ask))),
    async stream(ask) {
      const stream = chat.completions.stream({ ...body(ask), stream_options: { include_usage: true } })
      const deltas: string[] = []
      stream.on('content', (delta) => delta !== '' && deltas.push(delta))
      return { ...heard(await stream.finalChatCompletion()), deltas }
    },
    async toolTurn(ask) {
      const first = body(ask)
      const { choices } = await chat.completions.create(first)
      const message = choices[0]?.message
      const results = message?.tool_calls?.map(
        ({ id }): Message => ({ role: 'tool', tool_call_id: id, content: toolResult }),
      )
      const messages = [...first.messages, ...(message ? [message] : []), ...(results ?? [])]
      return heard(await chat.completions.create({ ...first, messages }))
    },
    async place(ask) {
      const format = zodResponseFormat(placeSchema, 'place')
      const { choices } = await chat.completions.parse({ ...body(ask), response_format: format })
      return choices[0]?.message.parsed
    },
    async leave(ask) {
      const stream = await chat.completions.create({ ...body(ask), stream: true })
      for await (const { choices } of stream) if (choices[0]?.delta.content) break
    },
  }
}

function body({
  text,
  model = chatModel,
  system,
  image,
  tools,
  more,
}: Ask): Omit<OpenAI.ChatCompletionCreateParamsNonStreaming, 'stream'> {
  const user = { type: 'text', text } as const
  const picture = { type: 'image_url', image_url: { url: imageUrl(image ?? '') } } as const
  const asked: readonly Message[] = [{ role: 'user', content: image ? [user, picture] : text }]
  return {
    model,
    messages: [...(system ? [{ role: 'system', content: system } as const] : []), ...asked],
    ...(tools ? { tools: toolsOnOffer.map((tool) => ({ type: 'function', function: tool })) } : {}),
    ...more,
  }
}

function heard({ choices, usage }: OpenAI.ChatCompletion): Heard {
  const [choice] = choices
  const calls = choice?.message.tool_calls?.flatMap((call) => (call.type === 'function' ? [call.function] : [])) ?? []
  return {
    text: choice?.message.content ?? '',
    calls: calls.map(({ name, arguments: text }) => ({ tool: name, arguments: JSON.parse(text) })),
    finish: choice?.finish_reason.replace('tool_calls', 'tool-calls') ?? 'none',
    usage: { inputTokens: usage?.prompt_tokens ?? -1, outputTokens: usage?.completion_tokens ?? -1 },
  }
}
