import type { Backend } from '../../kernel/backend.ts'
import { chatMisfit } from '../chat-misfit.ts'
import { createPlaces } from '../http/places.ts'
import { generate, generates } from './generation/generate.ts'
import { generateStream } from './generation/generate-stream.ts'
import { writeChat } from './generation/write-generation.ts'
import { inspect } from './inspect.ts'
import { misfits } from './misfits.ts'
import { predict } from './predict.ts'
import { probe } from './probe.ts'
import { oipSettingsSchema, readSettings } from './settings.ts'
import { openUpstream } from './upstream.ts'

export interface OipOptions {
  /** Short names of replica addresses, e.g. `embedded` -> "unix:/…/runtime.sock". */
  readonly addresses: Readonly<Record<string, string>>
  /** Longest response that is read, in bytes. */
  readonly bodyBytesMax: number
  /** How long an address is remembered that was only inspected, in ms; by default a minute, in which it may become a replica. */
  readonly inspectedMs?: number
}

/**
 * Models behind the Open Inference Protocol V2 over HTTP: field f of an item is the row of tensor f; chats and completions go by
 * the protocol's generate extension.
 */
export function createOipBackend({ addresses, bodyBytesMax, inspectedMs = 60_000 }: OipOptions): Backend {
  const named = new Map(Object.entries(addresses))
  const upstreams = createPlaces(
    (replica) => openUpstream(replica, named.get(replica) ?? replica, bodyBytesMax),
    inspectedMs,
  )
  return {
    name: 'oip',
    settings: oipSettingsSchema,
    repeatable: true,
    withDefaults: (settings, model, version) => ({ model, version, ...settings }),
    addresses: () => [...named.keys()],
    upstreamModel: (settings) => `oip/${readSettings(settings).model}`,
    misfits: (_settings, revision, task) => misfits(revision, task),
    chatMisfit: (_settings, chat) => chatMisfit(writeChat, chat),
    inspect: ({ settings, replicas }, signal, load) =>
      upstreams.visit(replicas, (visited) => inspect(visited, readSettings(settings), signal, load)),
    predict: async (version, replica, inputs, context) =>
      (generates(version) ? generate : predict)(upstreams.at(replica), version, inputs, context),
    stream: (version, replica, input, context) => generateStream(() => upstreams.at(replica), version, input, context),
    probe: async (replica, signal) => probe(upstreams.at(replica), signal),
    release: upstreams.release,
    close: upstreams.close,
  }
}
