import type {
  LanguageModelV4FilePart,
  LanguageModelV4Message,
  LanguageModelV4Prompt,
  LanguageModelV4ReasoningPart,
  LanguageModelV4ToolResultOutput,
  LanguageModelV4ToolResultPart,
  SharedV4ProviderOptions,
} from '@ai-sdk/provider'
import type {
  AudioPart,
  ChatMessage,
  FilePart,
  ImagePart,
  ReasoningPart,
  ToolCallPart,
  ToolResultPart,
} from '../../kernel/chat.ts'
import { AstraError } from '../../kernel/errors.ts'
import type { Proof, Provider } from './providers.ts'
import { unsupported } from './refusal.ts'

type AssistantPart = Extract<LanguageModelV4Message, { role: 'assistant' }>['content'][number]

/** Messages in the AI SDK's form. Throws `unsupported`, and `invalid_input` where they contradict themselves. */
export function writePrompt(
  messages: readonly ChatMessage[],
  provider: Provider,
  upstream: string,
): LanguageModelV4Prompt {
  const toolNames = new Map<string, string>()

  function writeMessage(message: ChatMessage): LanguageModelV4Message {
    switch (message.role) {
      case 'system':
        return { role: 'system', content: message.content.map(({ text }) => text).join('\n') }
      case 'user':
        return { role: 'user', content: message.content.map((part) => (part.type === 'text' ? part : media(part))) }
      case 'assistant':
        return { role: 'assistant', content: message.content.flatMap<AssistantPart>(writeAssistantPart) }
      case 'tool':
        return { role: 'tool', content: message.content.map(writeToolResult) }
    }
  }

  function media(part: ImagePart | AudioPart | FilePart): LanguageModelV4FilePart {
    if (part.type === 'image') return { ...imageFile(part), ...imageOptions(part) }
    const { mediaType, base64 } = part
    const name = part.type === 'file' ? part.name : undefined
    return { type: 'file', mediaType, data: { type: 'data', data: base64 }, ...(name ? { filename: name } : {}) }
  }

  function imageOptions({ detail = 'auto' }: ImagePart): { providerOptions?: SharedV4ProviderOptions } {
    if (detail === 'auto') return {}
    if (!provider.imageDetail) throw unsupported('image.detail', upstream)
    return { providerOptions: provider.imageDetail(detail) }
  }

  function writeAssistantPart(
    part: Extract<ChatMessage, { role: 'assistant' }>['content'][number],
  ): AssistantPart | readonly AssistantPart[] {
    switch (part.type) {
      case 'text':
        return part
      case 'reasoning':
        return writeReasoning(part, provider)
      case 'tool-call': {
        const { id, tool } = part
        toolNames.set(id, tool)
        const input = readArguments(part.arguments)
        return { type: 'tool-call', toolCallId: id, toolName: tool, input, ...writeCallProof(part, provider) }
      }
    }
  }

  function writeToolResult(part: ToolResultPart): LanguageModelV4ToolResultPart {
    const toolName = toolNames.get(part.id)
    if (toolName === undefined) {
      const detail = `The tool result ${JSON.stringify(part.id)} belongs to no tool call before it`
      throw new AstraError('invalid_input', { detail })
    }
    return { type: 'tool-result', toolCallId: part.id, toolName, output: toolOutput(part, provider) }
  }

  return messages.map(writeMessage).flatMap((message) => (provider.toolCallsApart ? apart(message) : [message]))
}

function writeReasoning(
  { text, signature, redacted }: ReasoningPart,
  { proof, reasoningBack }: Provider,
): readonly LanguageModelV4ReasoningPart[] {
  const fields = Object.entries({ signature, redacted }).flatMap(([name, value]) => {
    const field = proof?.fields[name as keyof Proof]
    return field && value ? [[field, value]] : []
  })
  if (reasoningBack === 'nothing' || (fields.length === 0 && (reasoningBack === 'signed' || text === ''))) return []
  const options = proof && fields.length > 0 ? { providerOptions: { [proof.vendor]: Object.fromEntries(fields) } } : {}
  return [{ type: 'reasoning', text, ...options }]
}

function writeCallProof(
  { signature }: ToolCallPart,
  { proof, callProof }: Provider,
): { readonly providerOptions?: SharedV4ProviderOptions } {
  if (signature === undefined || !proof || callProof === undefined) return {}
  return { providerOptions: { [proof.vendor]: { [callProof]: signature } } }
}

function apart(message: LanguageModelV4Message): readonly LanguageModelV4Message[] {
  if (message.role !== 'assistant') return [message]
  const calls = message.content.filter(({ type }) => type === 'tool-call')
  if (calls.length === 0 || calls.length === message.content.length) return [message]
  return [
    { ...message, content: message.content.filter(({ type }) => type !== 'tool-call') },
    { ...message, content: calls },
  ]
}

/** What the model wrote; where that is no JSON, its text. */
function readArguments(text: string): unknown {
  try {
    return JSON.parse(text || '{}')
  } catch {
    return text
  }
}

function toolOutput(
  { content, failed = false }: ToolResultPart,
  { tellsToolFailure }: Provider,
): LanguageModelV4ToolResultOutput {
  const told = failed && !tellsToolFailure ? [{ type: 'text' as const, text: 'The tool failed.' }, ...content] : content
  const texts = told.flatMap((part) => (part.type === 'text' ? [part.text] : []))
  if (texts.length === told.length) return { type: failed ? 'error-text' : 'text', value: texts.join('\n') }
  return { type: 'content', value: told.map((part) => (part.type === 'text' ? part : imageFile(part))) }
}

function imageFile({ source }: ImagePart): LanguageModelV4FilePart {
  if ('base64' in source) {
    return { type: 'file', mediaType: source.mediaType, data: { type: 'data', data: source.base64 } }
  }
  const url = URL.parse(source.url)
  if (!url) throw new AstraError('invalid_input', { detail: 'The URL of an image cannot be read' })
  const ending = /\.([a-z]+)$/.exec(url.pathname.toLowerCase())?.[1] ?? ''
  return { type: 'file', mediaType: imageTypes[ending] ?? 'image/*', data: { type: 'url', url } }
}

/** Some vendors want to know what stands at a URL. */
const imageTypes: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
}
