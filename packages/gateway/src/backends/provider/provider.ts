import type { Backend, BackendEvent } from '../../kernel/backend.ts'
import type { ChatRequest } from '../../kernel/chat.ts'
import type { Violation } from '../../kernel/errors.ts'
import { chatMisfit } from '../chat-misfit.ts'
import { createSecretSource, type SecretSource } from '../secrets/secret-source.ts'
import { snapshotDigest } from '../snapshot-digest.ts'
import { checkAccess, withKeyDefault } from './access.ts'
import { streamChat } from './chat.ts'
import { createOpenModels } from './open-models.ts'
import { predict } from './predict.ts'
import { providerOf, providers } from './providers.ts'
import { type ProviderSettings, providerSettingsSchema, readSettings, upstreamModel } from './settings.ts'
import { createUpstreamFetch } from './upstream-fetch.ts'
import { writeChat } from './write-chat.ts'

export interface ProviderOptions {
  /** Longest answer that is read from an upstream, in bytes. */
  readonly bodyBytesMax: number
  readonly secrets?: SecretSource
}

/**
 * The vendors that the AI SDK has packages for, each behind one row of `providers.ts`. A package writes and reads the vendor's
 * protocol; secrets, connections, refusals and errors are ours. None of them repeats a request by itself at this level.
 */
export function createProviderBackend({ bodyBytesMax, secrets = createSecretSource() }: ProviderOptions): Backend {
  const upstream = createUpstreamFetch(bodyBytesMax)
  const openModels = createOpenModels(secrets, upstream.fetch)
  return {
    name: 'provider',
    settings: providerSettingsSchema,
    tasks: ['chat', 'embedding'],
    repeatable: true,
    withDefaults: (settings) => ({ ...withKeyDefault(readSettings(settings)) }),
    addresses: () => undefined,
    sealed({ provider, model }) {
      return { provider, model }
    },
    upstreamModel: (settings) => upstreamModel(readSettings(settings)),
    misfits: (settings, _revision, task) => (task === 'embedding' ? embeddingMisfits(readSettings(settings)) : []),
    chatMisfit(settings, chat) {
      const read = readSettings(settings)
      return chatMisfit((request) => writeChat(request, providerOf(read), upstreamModel(read)), chat)
    },
    async inspect({ settings }) {
      const read = readSettings(settings)
      await checkAccess(read, secrets)
      await providerOf(read).load()
      return { digest: snapshotDigest(upstreamModel(read)) }
    },
    async predict(version, _replica, inputs, context) {
      context.signal.throwIfAborted()
      return predict(await openModels(version), version.contract.task, inputs, context)
    },
    async *stream(version, _replica, input, context): AsyncGenerator<BackendEvent, void> {
      context.signal.throwIfAborted()
      yield* streamChat(await openModels(version), input as ChatRequest, context)
    },
    close: () => upstream.close(),
  }
}

function embeddingMisfits({ provider }: ProviderSettings): readonly Violation[] {
  if (providers[provider].embeds) return []
  const others = Object.entries(providers).flatMap(([name, { embeds }]) => (embeds ? [name] : []))
  const message = `${providers[provider].label} has no embeddings here, and this contract's task is embedding`
  return [{ path: '/provider', message, suggestion: `Take one of ${others.join(', ')}.` }]
}
