import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A model server in a process of its own, as one that scales apart from the gateway. */
export interface SpawnedRuntime {
  /** "http://127.0.0.1:…"; the same over restarts. */
  readonly url: string
  readonly port: number
  /** Sends a signal to the serving process: SIGKILL is a crash, SIGSTOP hangs it, SIGCONT wakes it, SIGTERM asks it to stop. */
  signal(signal: NodeJS.Signals): void
  /** Resolves with its exit code once it has ended; null when a signal killed it. */
  ended(): Promise<number | null>
  /** Starts it again at the same port, after a crash. */
  restart(): Promise<void>
  close(): Promise<void>
}

const bin = fileURLToPath(new URL('../../packages/cli/bin/astraapi.mjs', import.meta.url))

/** Resolves when it is ready. `flags` are further ones of `astraapi runtime`. */
export async function spawnRuntime(models: string, flags: readonly string[] = []): Promise<SpawnedRuntime> {
  let { child, port } = await start(models, 0, flags)
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    port,
    signal: (signal) => void child.kill(signal),
    ended: () => ended(child),
    async restart() {
      await ended(child)
      child = (await start(models, port, flags)).child
    },
    async close() {
      child.kill('SIGCONT')
      child.kill('SIGINT')
      await ended(child)
    },
  }
}

async function start(
  models: string,
  port: number,
  flags: readonly string[],
): Promise<{ child: ChildProcess; port: number }> {
  const args = [bin, 'runtime', '--models', models, '--listen', `127.0.0.1:${port}`, ...flags]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let bound = port
  for await (const line of createInterface({ input: child.stdout })) {
    const { msg, address } = JSON.parse(line) as { msg?: string; address?: string }
    if (msg === 'listening') bound = Number(address?.split(':').at(-1))
    if (msg === 'ready') {
      child.stdout.resume()
      return { child, port: bound }
    }
  }
  throw new Error(`the runtime ended with ${child.exitCode} before it was ready`)
}

async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return child.exitCode
}
