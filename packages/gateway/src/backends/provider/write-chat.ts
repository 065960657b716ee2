import type {
  JSONSchema7,
  LanguageModelV4CallOptions,
  LanguageModelV4FunctionTool,
  SharedV4ProviderOptions,
} from '@ai-sdk/provider'
import type { ChatRequest, ChatTool } from '../../kernel/chat.ts'
import { droppedField } from './droppable.ts'
import type { Provider } from './providers.ts'
import { unsupported } from './refusal.ts'
import { writePrompt } from './write-prompt.ts'

/** A chat in the AI SDK's form. Throws `unsupported` for what is known not to reach the model. */
export function writeChat(request: ChatRequest, provider: Provider, upstream: string): LanguageModelV4CallOptions {
  const lacking = droppedField(request, provider.drops) ?? unknownField(request)
  if (lacking) throw unsupported(lacking, upstream)
  const { tools, toolChoice, responseFormat, reasoning, stop } = request
  return {
    prompt: writePrompt(request.messages, provider, upstream),
    providerOptions: writeProviderOptions(request, provider, upstream),
    ...given('maxOutputTokens', request.outputTokensMax),
    ...given('temperature', request.temperature),
    ...given('topP', request.topP),
    ...given('topK', request.topK),
    ...given('seed', request.seed),
    ...given('frequencyPenalty', request.frequencyPenalty),
    ...given('presencePenalty', request.presencePenalty),
    ...(stop?.length ? { stopSequences: [...stop] } : {}),
    ...(tools?.length ? { tools: tools.map(writeTool) } : {}),
    ...(tools?.length && toolChoice ? { toolChoice: writeToolChoice(toolChoice) } : {}),
    ...(responseFormat
      ? { responseFormat: responseFormat as LanguageModelV4CallOptions['responseFormat'] & object }
      : {}),
    ...given('reasoning', reasoning?.effort),
  }
}

/** What the AI SDK has no words for, whoever the vendor. */
function unknownField({ n = 1, logprobs, reasoning }: ChatRequest): string | undefined {
  if (n > 1) return 'n'
  if (logprobs !== undefined) return 'logprobs'
  // One would win over the other.
  if (reasoning?.effort !== undefined && reasoning.tokensMax !== undefined)
    return 'reasoning.effort beside reasoning.tokensMax'
  return undefined
}

function writeProviderOptions(request: ChatRequest, provider: Provider, upstream: string): SharedV4ProviderOptions {
  const { parallelToolCalls, tools, reasoning } = request
  const options: SharedV4ProviderOptions = { ...provider.always }
  const add = (more: SharedV4ProviderOptions) => {
    for (const [vendor, fields] of Object.entries(more)) options[vendor] = { ...options[vendor], ...fields }
  }
  if (parallelToolCalls === false && tools?.length) {
    const { options: off, models = /^/ } = provider.parallelOff ?? {}
    if (!off || !models.test(upstream)) throw unsupported('parallelToolCalls', upstream)
    add(off)
  }
  if (reasoning?.tokensMax !== undefined) {
    if (!provider.reasoningTokensMax) throw unsupported('reasoning.tokensMax', upstream)
    add(provider.reasoningTokensMax(reasoning.tokensMax))
  } else if (reasoning?.effort !== undefined && reasoning.effort !== 'none' && provider.reasoning) {
    add(provider.reasoning)
  }
  return options
}

function writeTool({ name, description, parameters, strict }: ChatTool): LanguageModelV4FunctionTool {
  return {
    type: 'function',
    name,
    inputSchema: parameters as JSONSchema7,
    ...given('description', description),
    ...given('strict', strict),
  }
}

function writeToolChoice(
  choice: NonNullable<ChatRequest['toolChoice']>,
): LanguageModelV4CallOptions['toolChoice'] & object {
  return typeof choice === 'string' ? { type: choice } : { type: 'tool', toolName: choice.tool }
}

function given<Name extends string, Value>(name: Name, value: Value | undefined): { [_ in Name]?: Value } {
  return value === undefined ? {} : ({ [name]: value } as { [_ in Name]: Value })
}
