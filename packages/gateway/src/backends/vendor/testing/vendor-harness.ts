import type { Backend } from '../../../kernel/backend.ts'
import type { Version } from '../../../kernel/catalog.ts'
import type { TaskName } from '../../../kernel/tasks.ts'
import type { Dialect, WireRequest } from '../../../kernel/wire.ts'
import { createAnthropicBackend } from '../../anthropic/anthropic.ts'
import { createOpenaiBackend } from '../../openai/openai.ts'
import { createSecretSource } from '../../secrets/secret-source.ts'
import type { BackendHarness } from '../../testing/backend-harness.ts'
import { fixtureVersion } from '../../testing/fixture-version.ts'
import { privateWords } from './fake-faults.ts'
import { wordsOf } from './fake-turn.ts'
import { type FakeVendor, startFakeVendor } from './fake-vendor.ts'

export const fakeKey = 'sk-fake-0123456789abcdef'

export interface VendorBed {
  readonly fake: FakeVendor
  readonly backend: Backend
  version(settings?: Readonly<Record<string, unknown>>, task?: TaskName): Version
  close(): Promise<void>
}

const makers = { openai: createOpenaiBackend, anthropic: createAnthropicBackend }

export async function openVendorBed(protocol: keyof typeof makers): Promise<VendorBed> {
  const fake = await startFakeVendor({ protocol })
  const secrets = createSecretSource({ env: { FAKE_KEY: fakeKey } })
  const backend = makers[protocol]({ bodyBytesMax: 1 << 22, secrets })
  return {
    fake,
    backend,
    version(settings = {}, task = 'chat') {
      const full = backend.withDefaults({ model: 'fake-1', apiKey: { env: 'FAKE_KEY' }, ...settings }, 'sample', '1.0')
      const version = fixtureVersion(protocol, full, [fake.url])
      return { ...version, contract: { ...version.contract, task } }
    },
    async close() {
      await backend.close()
      await fake.close()
    },
  }
}

export function chatInput(text: string): unknown {
  return { messages: [{ role: 'user', content: [{ type: 'text', text }] }], outputTokensMax: 100 }
}

export function chatOutput(text: string): unknown {
  return { choices: [{ content: [{ type: 'text', text }], finishReason: 'stop' }] }
}

export function chatChunks(text: string): readonly unknown[] {
  const deltas = wordsOf(text).map((word) => ({ type: 'text-delta', choice: 0, text: word }))
  return [...deltas, { type: 'choice-end', choice: 0, finishReason: 'stop' }]
}

export async function openVendor(protocol: keyof typeof makers): Promise<BackendHarness> {
  const { fake, backend, version } = await openVendorBed(protocol)
  return {
    backend,
    version: version(),
    replica: fake.url,
    input: (n) => chatInput(`input number ${n}`),
    output: (n) => chatOutput(`input number ${n}`),
    chunks: (n) => chatChunks(`input number ${n}`),
    misbehaving: {
      refused: chatInput('!refused'),
      failed: chatInput('!failed'),
      busy: chatInput('!busy'),
      unanswered: chatInput('!reset'),
      torn: chatInput('!cut'),
      hang: chatInput('!hang'),
      held: chatInput('!held'),
      cut: chatInput('!cut'),
      stall: chatInput('!stall'),
    },
    heldOutput: chatOutput('!held'),
    letGo: fake.letGo,
    connections: fake.connections,
    privateWords,
    deadReplica: 'unix:/nowhere/at-all.sock',
    running: fake.running,
    lastHeaders: () => fake.requests.at(-1)?.headers ?? {},
    close: fake.close,
  }
}

/** A request as a door hands it on. */
export function wireRequest(dialect: Dialect, body: string): WireRequest {
  return {
    dialect,
    bytes: Buffer.from(body),
    body: JSON.parse(body),
    items: 1,
    canonical: () => [],
  }
}
