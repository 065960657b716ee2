import type { ChatRequest } from '../../../kernel/chat.ts'
import { createSecretSource } from '../../secrets/secret-source.ts'
import type { BackendHarness } from '../../testing/backend-harness.ts'
import { fixtureVersion } from '../../testing/fixture-version.ts'
import { createProviderBackend } from '../provider.ts'
import type { ProviderName } from '../providers.ts'
import { type FakeUpstream, privateWords, startFakeUpstream } from './fake-upstream.ts'
import { cohere } from './protocols/cohere.ts'
import { deepseek, groq, mistral } from './protocols/completions.ts'
import { converse } from './protocols/converse.ts'
import { gemini, vertex } from './protocols/gemini.ts'
import type { Protocol } from './protocols/protocol.ts'
import { responses } from './protocols/responses.ts'
import { sampleModels } from './sample-models.ts'

export const protocols: Readonly<Record<ProviderName, Protocol>> = {
  google: gemini,
  vertex,
  bedrock: converse,
  mistral,
  cohere,
  groq,
  xai: responses,
  deepseek,
}

export const testKey = 'key-that-nobody-may-see'

export interface ProviderHarness extends BackendHarness {
  readonly upstream: FakeUpstream
}

export async function openProvider(provider: ProviderName): Promise<ProviderHarness> {
  const upstream = await startFakeUpstream(protocols[provider])
  const secrets = createSecretSource({ env: { KEY: testKey } })
  const settings = { ...sampleModels[provider], baseUrl: upstream.url, apiKey: { env: 'KEY' } }
  const told = (word: string) => ask(`[${word}] and then some`)
  return {
    upstream,
    backend: createProviderBackend({ bodyBytesMax: 1 << 20, secrets }),
    version: fixtureVersion('provider', { ...settings }),
    replica: 'gateway',
    input: (n) => ask(`the ${n}th input`),
    output: (n) => ({ choices: [{ content: [{ type: 'text', text: `the ${n}th input` }], finishReason: 'stop' }] }),
    chunks: (n) => [
      ...['the ', `${n}th `, 'input'].map((text) => ({ type: 'text-delta', choice: 0, text })),
      { type: 'choice-end', choice: 0, finishReason: 'stop' },
    ],
    misbehaving: {
      refused: told('refused'),
      busy: told('busy'),
      failed: told('failed'),
      unanswered: told('unanswered'),
      torn: told('torn'),
      hang: told('hang'),
      cut: told('cut'),
      stall: told('stall'),
    },
    privateWords,
    running: upstream.running,
    lastHeaders: () => upstream.requests.at(-1)?.headers ?? {},
    close: upstream.close,
  }
}

export function ask(text: string, rest: Partial<ChatRequest> = {}): ChatRequest {
  return { messages: [{ role: 'user', content: [{ type: 'text', text }] }], ...rest }
}
