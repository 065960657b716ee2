import { resolve } from 'node:path'
import { usageFault } from './failures.ts'

/** What `astraapi add` was told of a model, as commander reads it. */
export interface DraftOptions {
  readonly backend?: string
  readonly model?: string
  readonly provider?: string
  readonly vendor?: string
  readonly task: string
  readonly owner?: string
  readonly replica?: readonly string[]
  readonly apiKeyEnv?: string
  readonly apiKeyFile?: string
}

/** A model as it stands in the manifest: one contract with one version. */
export interface ModelDraft {
  readonly owner: string
  readonly contracts: {
    readonly v1: {
      readonly task: string
      readonly versions: { readonly '1.0': Readonly<Record<string, unknown>> }
    }
  }
}

const allTasks = ['chat', 'completion', 'embedding', 'moderation'] as const

interface Row {
  readonly tasks: readonly string[]
  readonly needs: readonly FlagName[]
  readonly takes: readonly FlagName[]
}
type FlagName = 'model' | 'provider' | 'vendor' | 'replica' | 'apiKeyEnv' | 'apiKeyFile'

/** What each vendor of `--backend provider` serves. A test holds this to what the gateway knows, which would be slow to load here. */
export const providers: Readonly<Record<string, readonly string[]>> = {
  google: ['chat', 'embedding'],
  vertex: ['chat', 'embedding'],
  bedrock: ['chat', 'embedding'],
  mistral: ['chat', 'embedding'],
  cohere: ['chat', 'embedding'],
  groq: ['chat'],
  xai: ['chat'],
  deepseek: ['chat'],
}

const key = ['apiKeyEnv', 'apiKeyFile'] as const

/** What each backend can be told on the command line; the rest goes into the manifest, where the gateway's plan checks it all. */
const backends: Readonly<Record<string, Row>> = {
  openai: { tasks: allTasks, needs: ['model'], takes: ['vendor', 'replica', ...key] },
  anthropic: { tasks: ['chat'], needs: ['model'], takes: ['vendor', 'replica', ...key] },
  provider: { tasks: ['chat', 'embedding'], needs: ['model', 'provider'], takes: key },
  oip: { tasks: allTasks, needs: [], takes: ['model', 'replica'] },
}

export const backendNames = Object.keys(backends)
export const taskNames: readonly string[] = allTasks
export const providerNames = Object.keys(providers)

/** Each flag that only some backends take, and how it is written. */
const written: Readonly<Record<FlagName, string>> = {
  model: '--model <upstream model>',
  provider: `--provider ${listed(providerNames)}`,
  vendor: '--vendor',
  replica: '--replica',
  apiKeyEnv: '--api-key-env',
  apiKeyFile: '--api-key-file',
}

/** Throws a usage failure where flags are missing or do not belong together. */
export function draftModel(name: string, options: DraftOptions, owner: string): ModelDraft {
  checkName(name)
  const { backend, task, model, provider, vendor, replica: replicas } = options
  if (backend === undefined) throw usageFault(`How is it spoken to? Give --backend ${listed(backendNames)}.`)
  const { tasks, needs, takes } = rowOf(backend)
  for (const flag of Object.keys(written) as FlagName[]) {
    const given = options[flag] !== undefined
    if (!given && needs.includes(flag)) throw usageFault(`--backend ${backend} needs ${written[flag]}.`)
    if (given && ![...needs, ...takes].includes(flag))
      throw usageFault(`--backend ${backend} takes no ${written[flag].split(' ')[0]}.`)
  }
  if (!tasks.includes(task)) throw usageFault(`--backend ${backend} serves ${listed(tasks)}, not "${task}".`)
  if (provider !== undefined) checkProvider(provider, task)
  for (const replica of replicas ?? []) checkReplica(replica)
  const apiKey = keyReference(options)
  const settings = { provider, model, vendor, apiKey, replicas }
  const given = Object.entries(settings).filter(([, value]) => value !== undefined)
  return {
    owner,
    contracts: { v1: { task, versions: { '1.0': { backend, ...Object.fromEntries(given) } } } },
  }
}

function checkName(name: string): void {
  if (/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) && name.length <= 63) return
  throw usageFault(
    `"${name}" is no name of a model: lower-case words of letters and digits, joined by hyphens, such as support-chat.`,
  )
}

function rowOf(backend: string): Row {
  const row = Object.hasOwn(backends, backend) ? backends[backend] : undefined
  if (row) return row
  throw usageFault(`There is no backend "${backend}" that can be added here: give ${listed(backendNames)}.`)
}

function checkProvider(provider: string, task: string): void {
  const tasks = Object.hasOwn(providers, provider) ? providers[provider] : undefined
  if (!tasks) throw usageFault(`There is no provider "${provider}": give --provider ${listed(providerNames)}.`)
  if (!tasks.includes(task)) throw usageFault(`--provider ${provider} serves ${listed(tasks)}, not "${task}".`)
}

/** Its form only: whether it may stand there is the gateway's to say. */
function checkReplica(replica: string): void {
  const url = URL.parse(replica.replace(/^dns\+/, ''))
  if (replica === 'embedded' || replica.startsWith('unix:/') || /^https?:$/.test(url?.protocol ?? '')) return
  const meant = /^[\w.-]+:\d+(\/|$)/.test(replica) ? ` Did you mean http://${replica}?` : ''
  throw usageFault(
    `--replica "${replica}" is no address: give http(s)://host:port/path, dns+http(s)://name:port/path, unix:/path.sock or embedded.${meant}`,
  )
}

/** Where the key stands. What does not fit is not repeated, as it may be the key itself. */
function keyReference({ apiKeyEnv, apiKeyFile }: DraftOptions): object | undefined {
  if (apiKeyEnv !== undefined && apiKeyFile !== undefined)
    throw usageFault('--api-key-env and --api-key-file each say where the key stands: give one of them.')
  if (apiKeyFile !== undefined) return { file: resolve(apiKeyFile) }
  if (apiKeyEnv === undefined) return undefined
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(apiKeyEnv)) return { env: apiKeyEnv }
  throw usageFault(
    '--api-key-env takes the name of an environment variable of the gateway, such as OPENAI_API_KEY, never the key itself.',
  )
}

function listed(words: readonly string[]): string {
  return words.length === 1 ? String(words[0]) : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}
