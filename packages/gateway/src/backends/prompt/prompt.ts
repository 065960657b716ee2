import type { Backend } from '../../kernel/backend.ts'
import type { Version } from '../../kernel/catalog.ts'
import type { VersionState } from '../../kernel/catalog-state.ts'
import { AstraError, operatorReason, toAstraError } from '../../kernel/errors.ts'
import { misfits, textFault } from './misfits.ts'
import { type Job, predict } from './predict.ts'
import { type PromptSettings, promptSettingsSchema, readSettings } from './settings.ts'
import { chatWriter } from './write-chat.ts'

/**
 * Typed prompts: a version of a typed contract that is a template and a chat model. The input fills the template, the answer is the
 * output.
 * @param upstreams that serve chats. They are others' to release and to close: their own versions may be at the same addresses.
 */
export function createPromptBackend(upstreams: readonly Backend[]): Backend {
  const byName = new Map(upstreams.map((upstream) => [upstream.name, upstream]))
  const jobs = new WeakMap<Version, Job>()

  function upstreamOf(settings: VersionState['settings']): Upstream {
    const { backend: name, ...own } = readSettings(settings).upstream
    const backend = byName.get(name)
    if (!backend) throw new AstraError('internal', { reason: `no chat backend named ${name}` })
    return { backend, settings: own }
  }

  function jobOf(version: Version): Job {
    const known = jobs.get(version)
    if (known) return known
    const { backend, settings } = upstreamOf(version.state.settings)
    const job: Job = {
      upstream: backend,
      chat: chatVersion(version, backend, settings),
      check: version.contract.check,
      write: chatWriter(heldSettings(version), version.contract.published),
    }
    jobs.set(version, job)
    return job
  }

  return {
    name: 'prompt',
    settings: promptSettingsSchema(upstreams),
    tasks: ['classification', 'regression', 'moderation', 'custom'],
    repeatable: upstreams.every(({ repeatable }) => repeatable),
    withDefaults(settings, model, version) {
      const { backend, settings: own } = upstreamOf(settings)
      const upstream = { backend: backend.name, ...backend.withDefaults(own, model, version) }
      const temperature = settings.reasoning === undefined ? 0 : null
      return { temperature, outputTokensMax: 1024, structured: 'schema', ...settings, upstream }
    },
    addresses(settings) {
      const { backend, settings: own } = upstreamOf(settings)
      return backend.addresses(own)
    },
    sealed(settings) {
      const { backend, settings: own } = upstreamOf(settings)
      return { ...settings, upstream: { backend: backend.name, ...(backend.sealed?.(own) ?? own) } }
    },
    upstreamModel(settings) {
      const { backend, settings: own } = upstreamOf(settings)
      return backend.upstreamModel?.(own)
    },
    ownWords(settings) {
      const { system, prompt, examples, outputTokensMax } = readSettings(settings)
      return { bytes: Buffer.byteLength(JSON.stringify({ system, prompt, examples })), outputTokensMax }
    },
    misfits(settings, revision) {
      const { backend, settings: own } = upstreamOf(settings)
      return misfits(readSettings(settings), revision, (chat) => backend.chatMisfit?.(own, chat))
    },
    async inspect({ settings, replicas }, signal, load) {
      holdTexts(readSettings(settings))
      const { backend, settings: own } = upstreamOf(settings)
      // Its tensors are not this contract's.
      const { digest } = await backend.inspect({ settings: own, replicas }, signal, load).catch((thrown) => {
        throw signal.aborted ? thrown : atUpstream(thrown)
      })
      return { digest }
    },
    predict: async (version, replica, inputs, context) => predict(jobOf(version), replica, inputs, context),
    close: async () => {},
  }
}

/** The contract's bound on an answer goes before the version's own. */
function heldSettings({ contract, state }: Version): PromptSettings {
  const settings = readSettings(state.settings)
  const { outputTokensMax = settings.outputTokensMax } = contract.limits
  return { ...settings, outputTokensMax: Math.min(settings.outputTokensMax, outputTokensMax) }
}

interface Upstream {
  readonly backend: Backend
  readonly settings: VersionState['settings']
}

function chatVersion(version: Version, { name }: Backend, settings: VersionState['settings']): Version {
  return {
    ...version,
    contract: { ...version.contract, task: 'chat' },
    state: { ...version.state, backend: name, settings },
    tensors: undefined,
  }
}

function holdTexts(settings: PromptSettings): void {
  const fault = textFault(settings)
  if (!fault) return
  throw new AstraError('invalid_manifest', { detail: fault.message, violations: [fault], reason: fault.message })
}

/** Its fields stand one level deeper in this version. */
function atUpstream(thrown: unknown): AstraError {
  const error = toAstraError(thrown)
  const [violation] = error.facts.violations ?? []
  if (!violation || violation.path === 'replicas') return error
  const message = `${violation.path}: ${operatorReason(error)}`
  return new AstraError(error.code, {
    ...error.facts,
    violations: [{ ...violation, path: 'upstream', message }],
    reason: message,
  })
}
