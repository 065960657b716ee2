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
  /** Throws when a call since its start has no Record, or one that says it failed: some doors say so inside a 200. */
  checkRecords(): Promise<void>
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
        env: { ...keys, ASTRA_LOG_LEVEL: 'warn', NODE_COMPILE_CACHE: compileCache },
      },
    )
    const url = running.ready[1] ?? ''
    const stop = async () => {
      await running.stop()
      await forget()
    }
    const key = options.key ?? (await createKey(url))
    return { ...running, url, key, checkRecords: () => checkRecords(url), stop }
  } catch (thrown) {
    await forget()
    throw thrown
  }
}

/** The one that `npm start` uses: what is compiled once is not compiled again. */
const compileCache = join(root, 'node_modules', '.cache', 'compile')

async function createKey(url: string): Promise<string> {
  const body = { consumer: 'bench', permissions: ['infer'] }
  return (await ask<{ secret: string }>(url, 'POST', '/api/v1/keys', body)).secret
}

async function checkRecords(url: string): Promise<void> {
  const { calls } = await ask<{ calls: { received: number; recorded: number; refused: number } }>(
    url,
    'GET',
    '/api/v1/status',
  )
  const { received, recorded, refused } = calls
  // What the load broke off at its end may be under way still.
  if (refused > 0 || received - recorded > connections) {
    throw new Error(`of ${received} calls received, ${recorded} have Records and ${refused} were refused`)
  }
  for (const outcome of ['failed', 'refused']) {
    const found = await ask<{ calls: { code?: string }[] }>(url, 'GET', `/api/v1/calls?outcome=${outcome}&limit=1`)
    if (found.calls.length > 0) throw new Error(`calls were ${outcome}: ${found.calls[0]?.code}`)
  }
}

async function ask<T>(url: string, method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`)
  return JSON.parse(text)
}
