import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import {
  APICallError,
  generateText,
  isStepCount,
  type LanguageModel,
  type ModelMessage,
  Output,
  streamText,
  type ToolSet,
  tool,
} from 'ai'
import {
  type Ask,
  type ClientAccess,
  chatModel,
  citySchema,
  imageUrl,
  type LlmClient,
  placeSchema,
  toolsOnOffer,
} from './llm-client.ts'
import { toolResult } from './upstreams.ts'

// What its providers cannot say, it tells on the console.
globalThis.AI_SDK_LOG_WARNINGS = false

/** The package `ai` by way of `@ai-sdk/openai-compatible`. */
export function aiOpenaiClient(access: ClientAccess): LlmClient {
  const provider = openaiCompatible(access)
  return aiClient('ai: @ai-sdk/openai-compatible', 'openai', (model) => provider.chatModel(model), 'openaiCompatible')
}

export function openaiCompatible({ url, key, headers, fetch }: ClientAccess) {
  return createOpenAICompatible({
    name: 'openaiCompatible',
    baseURL: `${url}/openai/v1`,
    apiKey: key,
    headers: { ...headers },
    fetch,
    includeUsage: true,
    supportsStructuredOutputs: true,
    // Else it would fetch them itself.
    supportedUrls: () => ({ 'image/*': [/^https:/] }),
  })
}

/** The same by way of `@ai-sdk/anthropic`. */
export function aiAnthropicClient({ url, key, headers, fetch }: ClientAccess): LlmClient {
  const provider = createAnthropic({ baseURL: `${url}/anthropic/v1`, apiKey: key, headers: { ...headers }, fetch })
  return aiClient('ai: @ai-sdk/anthropic', 'anthropic', (model) => provider(model), 'anthropic')
}

function aiClient(
  name: string,
  door: LlmClient['door'],
  modelNamed: (name: string) => LanguageModel,
  options: string,
): LlmClient {
  const asked = ({ text, model = chatModel, system, image, tools, more }: Ask, execute?: () => string) => ({
    model: modelNamed(model),
    messages: [userMessage(text, image)],
    ...(system ? { system } : {}),
    ...(tools ? { tools: offer(execute) } : {}),
    ...(more ? { providerOptions: { [options]: more as Record<string, string> } } : {}),
  })
  return {
    name,
    door,
    // What is no option of Anthropic's provider, it leaves out.
    words: door === 'openai' ? 'openai-chat' : undefined,
    // Of a model whose name it does not know, its Anthropic provider makes a tool call of the answer.
    ...(door === 'anthropic' ? { placeNeeds: 'parallel tool calls off' } : {}),
    faults: { 400: APICallError, 401: APICallError, 404: APICallError },
    whole: async (ask) => heard(await generateText(asked(ask))),
    async stream(ask) {
      const result = streamText({ ...asked(ask), onError: () => {} })
      const deltas: string[] = []
      for await (const part of result.fullStream) {
        if (part.type === 'error') throw part.error
        if (part.type === 'text-delta' && part.text !== '') deltas.push(part.text)
      }
      const { text, toolCalls, finishReason, usage } = result
      return {
        ...heard({
          text: await text,
          toolCalls: await toolCalls,
          finishReason: await finishReason,
          usage: await usage,
        }),
        deltas,
      }
    },
    toolTurn: async (ask) =>
      heard(await generateText({ ...asked(ask, () => toolResult), stopWhen: isStepCount(2) }).then(lastStep)),
    place: async (ask) => {
      const { output } = await generateText({ ...asked(ask), output: Output.object({ schema: placeSchema }) })
      return output
    },
    async leave(ask) {
      const abort = new AbortController()
      const { textStream } = streamText({ ...asked(ask), abortSignal: abort.signal, onError: () => {} })
      for await (const _ of textStream) abort.abort()
    },
  }
}

function userMessage(text: string, image: string | undefined): ModelMessage {
  const picture = { type: 'file', data: new URL(imageUrl(image ?? '')), mediaType: 'image/png' } as const
  return { role: 'user', content: image ? [{ type: 'text', text }, picture] : text }
}

function offer(execute: (() => string) | undefined): ToolSet {
  return Object.fromEntries(
    toolsOnOffer.map(({ name, description }) => {
      const offered = { description, inputSchema: citySchema }
      return [name, execute ? tool({ ...offered, execute }) : tool(offered)]
    }),
  )
}

function lastStep<Step>({ steps }: { readonly steps: readonly Step[] }): Step {
  const last = steps.at(-1)
  if (steps.length !== 2 || last === undefined) throw new Error(`${steps.length} steps, not two`)
  return last
}

interface AiAnswer {
  readonly text: string
  readonly toolCalls: readonly { readonly toolName: string; readonly input?: unknown }[]
  readonly finishReason: string
  readonly usage: { readonly inputTokens: number | undefined; readonly outputTokens: number | undefined }
}

function heard({ text, toolCalls, finishReason, usage }: AiAnswer) {
  return {
    text,
    calls: toolCalls.map(({ toolName, input }) => ({ tool: toolName, arguments: input })),
    finish: finishReason,
    usage: { inputTokens: usage.inputTokens ?? -1, outputTokens: usage.outputTokens ?? -1 },
  }
}
