import type OpenAI from 'openai'
import { zodTextFormat } from 'openai/helpers/zod'
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
import { openaiClient, openaiFaults } from './openai-chat.ts'
import { toolResult } from './upstreams.ts'

type Item = OpenAI.Responses.ResponseInputItem

/** The package `openai`, responses. */
export function openaiResponsesClient(access: ClientAccess): LlmClient {
  const { responses } = openaiClient(access)
  return {
    name: 'openai: responses',
    door: 'openai',
    words: 'openai-responses',
    faults: openaiFaults,
    whole: async (ask) => heard(await responses.create(body(ask))),
    async stream(ask) {
      const stream = responses.stream(body(ask))
      const deltas: string[] = []
      stream.on('response.output_text.delta', ({ delta }) => deltas.push(delta))
      return { ...heard(await stream.finalResponse()), deltas }
    },
    async toolTurn(ask) {
      const first = body(ask)
      const { output } = await responses.create(first)
      const results = output.flatMap((item): Item[] =>
        item.type === 'function_call'
          ? [{ type: 'function_call_output', call_id: item.call_id, output: toolResult }]
          : [],
      )
      return heard(await responses.create({ ...first, input: [...first.input, ...(output as Item[]), ...results] }))
    },
    async place(ask) {
      const { output_parsed } = await responses.parse({
        ...body(ask),
        text: { format: zodTextFormat(placeSchema, 'place') },
      })
      return output_parsed
    },
    async leave(ask) {
      const stream = await responses.create({ ...body(ask), stream: true })
      for await (const { type } of stream) if (type === 'response.output_text.delta') break
    },
  }
}

function body({ text, model = chatModel, system, image, tools, more }: Ask) {
  const user = { type: 'input_text', text } as const
  const picture = { type: 'input_image', detail: 'auto', image_url: imageUrl(image ?? '') } as const
  const input: readonly Item[] = [{ role: 'user', content: image ? [user, picture] : [user] }]
  return {
    model,
    input: [...input],
    ...(system ? { instructions: system } : {}),
    ...(tools ? { tools: toolsOnOffer.map((tool) => ({ type: 'function', strict: false, ...tool }) as const) } : {}),
    ...more,
  }
}

function heard({ output, output_text: text, status, usage }: OpenAI.Responses.Response): Heard {
  const calls = output.flatMap((item) => (item.type === 'function_call' ? [item] : []))
  return {
    text,
    calls: calls.map((call) => ({ tool: call.name, arguments: JSON.parse(call.arguments) })),
    finish: status !== 'completed' ? String(status) : calls.length > 0 ? 'tool-calls' : 'stop',
    usage: { inputTokens: usage?.input_tokens ?? -1, outputTokens: usage?.output_tokens ?? -1 },
  }
}
