import type { Backend } from '../../../kernel/backend.ts'
import type { ChatAnswer, ChatRequest, FinishReason } from '../../../kernel/chat.ts'
import { AstraError } from '../../../kernel/errors.ts'
import { settleItems } from '../../settle-items.ts'

/** What a model of chats says next: a text, an ending without one, or an error. Each costs ten tokens in and one out. */
export type Saying = string | { readonly finishReason: FinishReason } | AstraError

export interface ChatModel {
  readonly backend: Backend
  readonly asked: readonly ChatRequest[]
  says(...next: readonly Saying[]): void
  /** From now on it tells no usage. */
  keepUsage(): void
}

/** A backend of chats that says what it is told to, whatever it is asked. */
export function openChatModel(name = 'fake'): ChatModel {
  const asked: ChatRequest[] = []
  const next: Saying[] = []
  let tells = true
  const backend: Backend = {
    name,
    settings: {
      type: 'object',
      properties: { model: { type: 'string' }, apiKey: { type: 'string' } },
      required: ['model'],
      additionalProperties: false,
    },
    tasks: ['chat'],
    repeatable: true,
    withDefaults: (settings) => ({ vendor: 'acme', ...settings }),
    addresses: () => ['http://acme.example'],
    sealed: ({ model }) => ({ model }),
    upstreamModel: ({ model }) => `acme/${model}`,
    inspect: async () => ({ digest: undefined }),
    async predict({ contract, state }, _replica, inputs) {
      if (contract.task !== 'chat' || state.backend !== name) throw new Error('not asked as a chat')
      const items = inputs.map((input) => {
        asked.push(input as ChatRequest)
        const saying = next.shift() ?? ''
        return saying instanceof AstraError ? { error: saying } : { output: answerOf(saying) }
      })
      settleItems(items)
      const answered = items.filter((item) => 'output' in item).length
      const usage = { inputTokens: 10 * answered, outputTokens: answered }
      return { items, ...(tells ? { usage } : {}), queueMs: 3 }
    },
    close: async () => {},
  }
  return {
    backend,
    asked,
    says: (...sayings) => void next.push(...sayings),
    keepUsage: () => {
      tells = false
    },
  }
}

function answerOf(saying: string | { readonly finishReason: FinishReason }): ChatAnswer {
  const [text, finishReason] = typeof saying === 'string' ? [saying, 'stop' as const] : ['', saying.finishReason]
  return { choices: [{ content: [{ type: 'text', text }], finishReason }] }
}
