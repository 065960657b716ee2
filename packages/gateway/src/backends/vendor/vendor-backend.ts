import type { DialectCodec } from '../../dialects/dialect.ts'
import { dialects } from '../../dialects/dialects.ts'
import type { Backend, Inspection } from '../../kernel/backend.ts'
import type { Version } from '../../kernel/catalog.ts'
import type { VersionState } from '../../kernel/catalog-state.ts'
import { AstraError, type Violation } from '../../kernel/errors.ts'
import type { TaskName } from '../../kernel/tasks.ts'
import type { Dialect } from '../../kernel/wire.ts'
import { chatMisfit } from '../chat-misfit.ts'
import { parseAddress } from '../http/address.ts'
import { createPlaces } from '../http/places.ts'
import { createSecretSource, type SecretSource } from '../secrets/secret-source.ts'
import { snapshotDigest } from '../snapshot-digest.ts'
import { type Asking, askWhole } from './ask.ts'
import { headerFault } from './check-headers.ts'
import { fixedHeaders, isOwn, keyReference } from './fixed-headers.ts'
import { predict, RelayQuestion } from './predict.ts'
import { EventStream, openChunks, openRelay } from './stream.ts'
import { type VendorProtocol, type VendorSettings, vendorSettingsSchema } from './vendor-protocol.ts'
import { openVendorUpstream, type VendorUpstream } from './vendor-upstream.ts'

export interface VendorOptions {
  /** Longest whole answer that is read, in bytes. */
  readonly bodyBytesMax: number
  readonly secrets?: SecretSource
}

/** Nothing but calls goes to a vendor: none is remembered on account of an inspection. */
const visitedMs = 0

/** The models of a vendor, or of whatever speaks its protocol. */
export function createVendorBackend<Settings extends VendorSettings>(
  own: VendorProtocol<Settings>,
  { bodyBytesMax, secrets = createSecretSource() }: VendorOptions,
): Backend {
  // The schema holds what is read as this protocol's settings.
  const protocol = own as unknown as VendorProtocol<VendorSettings>
  const places = createPlaces((replica) => openVendorUpstream(replica, bodyBytesMax), visitedMs)
  /** By settings: every call asks. */
  const names = new WeakMap<VersionState['settings'], string>()
  const settingsOf = (settings: VersionState['settings']) => settings as unknown as VendorSettings

  const askings = new WeakMap<VendorUpstream, WeakMap<VendorSettings, Asking>>()

  const newAsking = (settings: VendorSettings, upstream: VendorUpstream): Asking => {
    const { replica } = upstream
    const wish = { model: settings.model, ...protocol.wording(settings, isOwn(protocol, replica)) }
    return {
      protocol,
      settings,
      upstream,
      paths: new Map(),
      headers: fixedHeaders(protocol, settings, replica, secrets),
      wishes: { whole: { ...wish, stream: false }, stream: { ...wish, stream: true } },
    }
  }

  /** Made once for a version's settings at an address. */
  const askingOf = ({ state }: Version, replica: string): Asking => {
    const settings = settingsOf(state.settings)
    const upstream = places.at(replica)
    const known = askings.get(upstream)?.get(settings)
    if (known) return known
    const asking = newAsking(settings, upstream)
    askings.set(upstream, (askings.get(upstream) ?? new WeakMap<VendorSettings, Asking>()).set(settings, asking))
    return asking
  }

  const codecOf = (task: TaskName, settings: VersionState['settings']): DialectCodec => {
    const dialect = protocol.dialects[task]?.(settingsOf(settings))
    if (dialect) return dialects[dialect]
    const reason = `the backend ${protocol.name} does not serve ${task}`
    throw new AstraError('unsupported', { detail: 'This model does not serve that task', reason })
  }

  /** What of a chat can be carried hangs on no replica. */
  const anyWish = (settings: VersionState['settings']) => {
    const read = settingsOf(settings)
    return { model: read.model, stream: false, ...protocol.wording(read, true) }
  }

  const codecFor = ({ contract, state }: Version) => codecOf(contract.task, state.settings)

  return {
    name: protocol.name,
    settings: vendorSettingsSchema(protocol),
    tasks: Object.keys(protocol.dialects) as TaskName[],
    repeatable: true,
    withDefaults: (settings) => ({ vendor: protocol.name, ...protocol.defaults, ...settings }),
    addresses: (settings) => (protocol.elsewhere?.(settingsOf(settings)) ? [] : [protocol.address]),
    sealed: (settings) =>
      Object.fromEntries(
        ['model', ...protocol.sealed].flatMap((name) => (name in settings ? [[name, settings[name]]] : [])),
      ),
    upstreamModel(settings) {
      const known = names.get(settings)
      if (known !== undefined) return known
      const name = nameOf(settingsOf(settings))
      names.set(settings, name)
      return name
    },
    chatMisfit: (settings, chat) =>
      chatMisfit((request) => codecOf('chat', settings).ask.writeRequest([request], anyWish(settings)), chat),
    inspect: ({ settings, replicas }) => inspect(protocol, settingsOf(settings), replicas, secrets),
    predict: async (version, replica, inputs, context) =>
      predict(askingOf(version, replica), codecFor(version), inputs, context),
    stream: (version, replica, input, context) =>
      new EventStream(() => openChunks(askingOf(version, replica), codecFor(version), input, context)),
    relay: {
      speaks: ({ state }: Version, dialect: Dialect) =>
        protocol.relays(
          dialect,
          settingsOf(state.settings),
          state.replicas.every((at) => isOwn(protocol, at)),
        ),
      predict: (version, replica, request, context) =>
        askWhole(() => askingOf(version, replica), new RelayQuestion(dialects[request.dialect], request, context)),
      stream: (version, replica, request, context) =>
        new EventStream(() => openRelay(askingOf(version, replica), dialects[request.dialect], request, context)),
    },
    release: places.release,
    close: places.close,
  }
}

/** Asks nobody: holds the settings against each other, and looks whether the secrets are there. */
async function inspect(
  protocol: VendorProtocol<VendorSettings>,
  settings: VendorSettings,
  replicas: readonly string[],
  secrets: SecretSource,
): Promise<Inspection> {
  for (const replica of replicas) parseAddress(replica, replica)
  const fault = protocol.misfit?.(settings) ?? headerFault(settings)
  if (fault) throw misfit(fault)
  for (const replica of replicas) {
    const key = keyReference(protocol, settings, replica)
    if (key) await secrets.check('apiKey', key)
  }
  for (const value of Object.values(settings.headers ?? {})) {
    if (typeof value !== 'string') await secrets.check('headers', value)
  }
  // What the address calls a model there is not the vendor's own name for it.
  const floating = protocol.elsewhere?.(settings) ?? false
  return { digest: floating ? undefined : snapshotDigest(nameOf(settings)) }
}

function nameOf({ vendor, model }: VendorSettings): string {
  return `${vendor}/${model}`
}

function misfit(violation: Violation): AstraError {
  const { message } = violation
  return new AstraError('invalid_manifest', { detail: message, violations: [violation], reason: message })
}
