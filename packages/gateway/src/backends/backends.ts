import type { Backend } from '../kernel/backend.ts'
import { createAnthropicBackend } from './anthropic/anthropic.ts'
import { createEchoBackend } from './echo/echo.ts'
import { createOipBackend } from './oip/oip.ts'
import { createOpenaiBackend } from './openai/openai.ts'
import { createPromptBackend } from './prompt/prompt.ts'
import { createProviderBackend } from './provider/provider.ts'

export interface BackendOptions {
  /** Short names of replica addresses, e.g. `embedded` -> "unix:/…/runtime.sock". */
  readonly addresses: Readonly<Record<string, string>>
  /** Longest answer that is read from an upstream, in bytes. */
  readonly bodyBytesMax: number
}

/** Every backend that asks a model itself: a new one is a folder and a line here. */
const makers = {
  anthropic: createAnthropicBackend,
  echo: () => createEchoBackend(),
  oip: createOipBackend,
  openai: createOpenaiBackend,
  provider: createProviderBackend,
} as const satisfies Record<string, (options: BackendOptions) => Backend>

/** Those that serve chats, on which typed prompts stand. */
const chatNames: readonly (keyof typeof makers)[] = ['openai', 'anthropic', 'provider', 'oip']

/** By the name that a version gives in its field `backend`. */
export function createBackends(options: BackendOptions): ReadonlyMap<string, Backend> {
  const backends = new Map(Object.entries(makers).map(([name, make]): [string, Backend] => [name, make(options)]))
  const prompt = createPromptBackend(chatNames.flatMap((name) => backends.get(name) ?? []))
  return backends.set(prompt.name, prompt)
}
