import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connections } from '../workload.ts'
import { vendorKey } from './manifests.ts'
import { type Running, startProcess } from './start-process.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const adminKey = 'bench-admin-key-0123456789abcdef0123456789'
const keys = { ASTRA_ADMIN_KEY: adminKey, [vendorKey.env]: 'bench-vendor-key' }

export interface GatewayProcess extends Running {
  readonly url: string
  /** Of the consumer `bench`, which may only infer. */
  readonly key: string
  /**
   * Throws when a call since its start has no Record, or one that says it failed: some doors say so inside a 200. Those of `code` may;
   * then none but the first may have been answered.
   */
  checkRecords(code?: string): Promise<void>
  /** Of the newest calls that nobody broke off. */
  newestRecords(): Promise<readonly CallJson[]>
  /** Every bound that a call with its key meets. */
  limits(): Promise<LimitsJson>
  /** Where those are counted: memory or redis. */
  counters(): Promise<string>
  /** Of all metrics with this name, the sum. */
  metric(name: string): Promise<number>
}

/** What the bench reads of a Record. */
export interface CallJson {
  readonly model: string
  readonly keyId: string
  readonly queueMs: number
  readonly cache?: string
  readonly code?: string
}

export interface LimitsJson {
  readonly limits: readonly { readonly kind: string; readonly limit: number; readonly remaining: number }[]
  readonly contract: { readonly outputTokensMax?: number }
}

export interface GatewayOptions {
  readonly manifest: string
  readonly cores: string | number | undefined
  /** A folder of models for its embedded runtime; none by default. */
  readonly models?: string
  /** Kept when given; else a new one that goes when the gateway stops. */
  readonly data?: string
  /** For Node itself. */
  readonly nodeFlags?: readonly string[]
  /** A key that the data folder holds already; else one is made. */
  readonly key?: string
  /** Of the key that is made. */
  readonly keyLimits?: object | undefined
  readonly env?: NodeJS.ProcessEnv
  /** Sees every line that it prints. */
  readonly onLine?: (line: string) => void
}

/** `astraapi start` as an operator runs it: a process of its own with everything on, its log at level warn. */
export async function startGatewayProcess(options: GatewayOptions): Promise<GatewayProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'astra-bench-'))
  const config = join(folder, 'manifest.yaml')
  const noModels = join(folder, 'no-models')
  await writeFile(config, options.manifest)
  await mkdir(noModels)
  const bin = join(root, 'packages', 'cli', 'bin', 'astraapi.mjs')
  const data = options.data ?? join(folder, 'data')
  const where = ['--listen', '127.0.0.1:0', '--data', data, '--config', config]
  const forget = () => rm(folder, { recursive: true, force: true })
  try {
    const running = await startProcess(
      process.execPath,
      [...(options.nodeFlags ?? []), bin, 'start', ...where, '--models', options.models ?? noModels],
      {
        cores: options.cores,
        ready: /^AstraAPI is ready at (\S+) /,
        ...(options.onLine && { onLine: options.onLine }),
        env: { ...keys, ASTRA_LOG_LEVEL: 'warn', NODE_COMPILE_CACHE: compileCache, ...options.env },
      },
    )
    const url = running.ready[1] ?? ''
    const stop = async () => {
      await running.stop()
      await forget()
    }
    const { secret: key, id } = options.key ? { secret: options.key } : await createKey(url, options.keyLimits)
    return {
      ...running,
      url,
      key,
      stop,
      checkRecords: (code) => checkRecords(url, code),
      newestRecords: async () => (await calls(url, 'limit=500')).filter(({ code }) => code !== 'cancelled'),
      limits: () =>
        ask<LimitsJson>(url, 'GET', `/api/v1/limits?${new URLSearchParams({ ...limited, ...(id && { key: id }) })}`),
      counters: async () => (await status(url)).limits.counters,
      metric: async (name) => sumOf(await askText(url, 'GET', '/metrics'), name),
    }
  } catch (thrown) {
    await forget()
    throw thrown
  }
}

/** The one that `npm start` uses: what is compiled once is not compiled again. */
const compileCache = join(root, 'node_modules', '.cache', 'compile')

/** Who calls what where a manifest has one language model; its versions are bounded alike. */
const limited = { consumer: 'bench', model: 'bench', version: '1.0' }

function createKey(
  url: string,
  limits: object | undefined,
): Promise<{ readonly secret: string; readonly id?: string }> {
  const body = { consumer: 'bench', permissions: ['infer'], limits }
  return ask(url, 'POST', '/api/v1/keys', body)
}

interface StatusJson {
  readonly calls: { readonly received: number; readonly recorded: number; readonly refused: number }
  readonly limits: { readonly counters: string }
}

function status(url: string): Promise<StatusJson> {
  return ask(url, 'GET', '/api/v1/status')
}

async function checkRecords(url: string, code: string | undefined): Promise<void> {
  const { received, recorded, refused } = (await status(url)).calls
  // What the load broke off at its end may be under way still.
  if (refused > 0 || received - recorded > connections) {
    throw new Error(`of ${received} calls received, ${recorded} have Records and ${refused} were refused`)
  }
  for (const outcome of ['failed', 'refused']) {
    const [last] = await calls(url, `outcome=${outcome}&limit=1`)
    if (last && last.code !== code) throw new Error(`calls were ${outcome}: ${last.code}`)
  }
  if (code === undefined) return
  const answered = await calls(url, 'outcome=ok&limit=2')
  if (answered.length > 1) throw new Error(`calls were answered that should have been refused: ${code}`)
}

async function calls(url: string, query: string): Promise<readonly CallJson[]> {
  return (await ask<{ calls: readonly CallJson[] }>(url, 'GET', `/api/v1/calls?${query}`)).calls
}

/** Of a metric in Prometheus' text format, over all its labels. */
export function sumOf(text: string, name: string): number {
  const lines = text.split('\n').filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}

async function ask<T>(url: string, method: string, path: string, body?: unknown): Promise<T> {
  return JSON.parse(await askText(url, method, path, body))
}

async function askText(url: string, method: string, path: string, body?: unknown): Promise<string> {
  const response = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`)
  return text
}
