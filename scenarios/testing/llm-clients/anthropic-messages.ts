import Anthropic from '@anthropic-ai/sdk'
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod'
import {
  type Ask,
  type ClientAccess,
  chatModel,
  type Heard,
  type LlmClient,
  placeSchema,
  toolsOnOffer,
} from './llm-client.ts'
import { toolResult } from './upstreams.ts'

export function anthropicClient({ url, key, headers, fetch }: ClientAccess): Anthropic {
  return new Anthropic({ baseURL: `${url}/anthropic`, apiKey: key, defaultHeaders: headers, fetch })
}

/** The package `@anthropic-ai/sdk`. */
export function anthropicMessagesClient(access: ClientAccess): LlmClient {
  const { messages } = anthropicClient(access)
  return {
    name: '@anthropic-ai/sdk: messages',
    door: 'anthropic',
    words: 'anthropic-messages',
    faults: { 400: Anthropic.BadRequestError, 401: Anthropic.AuthenticationError, 404: Anthropic.NotFoundError },
    whole: async (ask) => heard(await messages.create(body(ask))),
    async stream(ask) {
      const stream = messages.stream(body(ask))
      const deltas: string[] = []
      stream.on('text', (delta) => delta !== '' && deltas.push(delta))
      return { ...heard(await stream.finalMessage()), deltas }
    },
    async toolTurn(ask) {
      const first = body(ask)
      const { content } = await messages.create(first)
      const results = content.flatMap((block) =>
        block.type === 'tool_use' ? [{ type: 'tool_result', tool_use_id: block.id, content: toolResult } as const] : [],
      )
      const turns = [{ role: 'assistant', content } as const, { role: 'user', content: results } as const]
      return heard(await messages.create({ ...first, messages: [...first.messages, ...turns] }))
    },
    async place(ask) {
      const format = zodOutputFormat(placeSchema)
      const { parsed_output } = await messages.parse({ ...body(ask), output_config: { format } })
      return parsed_output
    },
    async leave(ask) {
      const stream = await messages.create({ ...body(ask), stream: true })
      for await (const { type } of stream) if (type === 'content_block_delta') break
    },
  }
}

function body({ text, model = chatModel, system, image, tools, more }: Ask): Anthropic.MessageCreateParamsNonStreaming {
  const user = { type: 'text', text } as const
  const source = image?.startsWith('https:')
    ? ({ type: 'url', url: image } as const)
    : ({ type: 'base64', media_type: 'image/png', data: image ?? '' } as const)
  return {
    model,
    max_tokens: 1000,
    messages: [{ role: 'user', content: image ? [user, { type: 'image', source }] : text }],
    ...(system ? { system: [{ type: 'text', text: system }] } : {}),
    ...(tools
      ? {
          tools: toolsOnOffer.map(({ parameters, ...tool }) => ({
            ...tool,
            input_schema: { ...parameters, required: [...parameters.required] },
          })),
        }
      : {}),
    ...more,
  }
}

const finishes: Readonly<Record<string, string>> = { end_turn: 'stop', tool_use: 'tool-calls' }

function heard({ content, stop_reason: reason, usage }: Anthropic.Message): Heard {
  return {
    text: content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
    calls: content.flatMap((block) =>
      block.type === 'tool_use' ? [{ tool: block.name, arguments: block.input }] : [],
    ),
    finish: finishes[String(reason)] ?? String(reason),
    usage: {
      inputTokens: usage.input_tokens + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0),
      outputTokens: usage.output_tokens,
    },
  }
}
