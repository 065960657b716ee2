import { AIMessageChunk, type BaseMessage, HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages'
import { ChatOpenAI } from '@langchain/openai'
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
import { openaiFaults } from './openai-chat.ts'
import { toolResult } from './upstreams.ts'

/** The package `@langchain/openai`. */
export function langchainClient(access: ClientAccess): LlmClient {
  return { ...clientOf(access, false), name: '@langchain/openai', words: 'openai-chat' }
}

/** The same by OpenAI's responses. */
export function langchainResponsesClient(access: ClientAccess): LlmClient {
  return { ...clientOf(access, true), name: '@langchain/openai: responses', words: 'openai-responses' }
}

function clientOf(
  { url, key, headers, fetch }: ClientAccess,
  useResponsesApi: boolean,
): Omit<LlmClient, 'name' | 'words'> {
  const modelFor = ({ model = chatModel, more = {} }: Ask) =>
    new ChatOpenAI({
      model,
      apiKey: key,
      useResponsesApi,
      modelKwargs: { ...more },
      configuration: { baseURL: `${url}/openai/v1`, defaultHeaders: headers, fetch },
    })
  const offering = (ask: Ask) => (ask.tools ? modelFor(ask).bindTools(tools) : modelFor(ask))
  return {
    door: 'openai',
    faults: openaiFaults,
    whole: async (ask) => heard(await offering(ask).invoke(messages(ask))),
    async stream(ask) {
      let all: AIMessageChunk | undefined
      const deltas: string[] = []
      for await (const chunk of await offering(ask).stream(messages(ask))) {
        if (chunk.text !== '') deltas.push(chunk.text)
        all = all === undefined ? chunk : all.concat(chunk)
      }
      return { ...heard(all ?? new AIMessageChunk('')), deltas }
    },
    async toolTurn(ask) {
      const model = offering(ask)
      const answer = await model.invoke(messages(ask))
      const results = (answer.tool_calls ?? []).map(
        ({ id = '' }) => new ToolMessage({ tool_call_id: id, content: toolResult }),
      )
      return heard(await model.invoke([...messages(ask), answer, ...results]))
    },
    place: (ask) => modelFor(ask).withStructuredOutput(placeSchema, { method: 'jsonSchema' }).invoke(messages(ask)),
    async leave(ask) {
      // To leave the loop alone would wait for the next chunk.
      const abort = new AbortController()
      const chunks = await modelFor(ask).stream(messages(ask), { signal: abort.signal })
      const read = async () => {
        for await (const { text } of chunks) if (text !== '') abort.abort()
      }
      await read().catch((thrown) => {
        if (!abort.signal.aborted) throw thrown
      })
    },
  }
}

const tools = toolsOnOffer.map((tool) => ({ type: 'function', function: tool }) as const)

function messages({ text, system, image }: Ask): BaseMessage[] {
  const picture = { type: 'image_url', image_url: { url: imageUrl(image ?? '') } } as const
  const user = new HumanMessage(image ? { content: [{ type: 'text', text }, picture] } : text)
  return [...(system ? [new SystemMessage(system)] : []), user]
}

function heard(message: AIMessageChunk): Heard {
  const { input_tokens: inputTokens = -1, output_tokens: outputTokens = -1 } = message.usage_metadata ?? {}
  const { finish_reason: reason, status } = message.response_metadata
  // Of responses there is no reason, but a status.
  const ended = status === 'completed' ? (message.tool_calls?.length ? 'tool_calls' : 'stop') : String(status)
  return {
    text: message.text,
    calls: (message.tool_calls ?? []).map(({ name, args }) => ({ tool: name, arguments: args })),
    finish: String(reason ?? ended).replace('tool_calls', 'tool-calls'),
    usage: { inputTokens, outputTokens },
  }
}
