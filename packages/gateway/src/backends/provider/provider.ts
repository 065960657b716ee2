import { createHash } from 'node:crypto'
import type { Backend, BackendEvent } from '../../kernel/backend.ts'
import type { ChatRequest } from '../../kernel/chat.ts'
import { createSecretSource, type SecretSource } from '../vendor/secret-source.ts'
import { checkAccess, withKeyDefault } from './access.ts'
import { streamChat } from './chat.ts'
import { createOpenModels } from './open-models.ts'
import { predict } from './predict.ts'
import { providerOf } from './providers.ts'
import { providerSettingsSchema, readSettings, upstreamModel } from './settings.ts'
import { createUpstreamFetch } from './upstream-fetch.ts'

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

/** A name that ends in a date stands for one model for good; any other may be given to another one. */
function snapshotDigest(name: string): string | undefined {
  if (!/-(\d{8}|\d{4}-\d{2}-\d{2}|\d{2}-\d{4})(-v\d+(:\d+)?)?$/.test(name)) return undefined
  return `sha256:${createHash('sha256').update(`provider ${name}`).digest('hex')}`
}
