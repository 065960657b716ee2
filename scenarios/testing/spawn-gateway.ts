import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { emptyModels } from './start-test-gateway.ts'

export interface Memory {
  readonly heapMb: number
  /** Of buffers, beside the heap. */
  readonly externalMb: number
  readonly rssMb: number
}

/** A gateway in a process of its own, so that its memory is nobody else's. */
export interface SpawnedGateway {
  readonly url: string
  readonly adminKey: string
  /** The data folder. */
  readonly data: string
  /** After a full collection. */
  memory(): Promise<Memory>
  stop(): Promise<void>
}

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const adminKey = 'test-admin-key-0123456789abcdef0123456789'

/** `hear` gets all that the process says, on stdout and stderr; left out, stderr is the test's. */
export async function spawnGateway(
  manifest: unknown,
  env: Readonly<Record<string, string>>,
  hear?: (text: string) => void,
): Promise<SpawnedGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'astra-spawned-'))
  const config = join(folder, 'astra.json')
  await writeFile(config, JSON.stringify(manifest))
  const flags = ['--listen', '127.0.0.1:0', '--data', join(folder, 'data'), '--config', config, '--models', emptyModels]
  const bin = file('../../packages/cli/bin/astraapi.mjs')
  const node = ['--expose-gc', '--import', file('./tell-memory.ts')]
  const child = spawn(process.execPath, [...node, bin, 'start', ...flags], {
    stdio: ['ignore', 'pipe', hear ? 'pipe' : 'inherit', 'ipc'],
    env: { ...process.env, ASTRA_ADMIN_KEY: adminKey, ASTRA_LOG_LEVEL: 'warn', ...env },
  })
  if (hear) for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => hear(String(data)))
  return {
    url: await readyAt(child),
    adminKey,
    data: join(folder, 'data'),
    async memory() {
      child.send('tell')
      const [memory] = await once(child, 'message')
      return memory
    },
    async stop() {
      const gone = once(child, 'exit')
      child.kill('SIGTERM')
      await gone
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function readyAt(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout ?? process.stdin })) {
    const url = /ready at (http:\/\/\S+)/.exec(line)?.[1]
    if (url === undefined) continue
    child.stdout?.resume()
    return url
  }
  throw new Error(`the gateway ended with ${child.exitCode} before it was ready`)
}
