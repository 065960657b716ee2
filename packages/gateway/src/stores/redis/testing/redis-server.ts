import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** Why tests that need a Redis are skipped; false where the program is there. Goes into `test(name, { skip })`. */
export const withoutRedis: string | false =
  spawnSync('redis-server', ['--version']).status === 0
    ? false
    : 'redis-server is not installed (Debian, Ubuntu: apt-get install redis-server)'

/** A server of a test's own, in memory, on a free port of the loopback. */
export interface TestRedis {
  readonly port: number
  readonly url: string
  /** Without a farewell, as a crash does. What it held is lost. */
  kill(): Promise<void>
  /** On the same port, after `kill`. */
  start(): Promise<void>
  /** Stalls it: connections stay open, nothing answers. */
  stall(): void
  goOn(): void
  /** Ends it and removes its folder. */
  remove(): Promise<void>
}

export async function startRedis(...more: readonly string[]): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'astra-redis-'))
  const port = await freePort()
  let child: ChildProcess | undefined
  const endWithTest = () => child?.kill('SIGKILL')

  async function start(): Promise<void> {
    const server = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder]
    const started = spawn('redis-server', [...server, ...more], { stdio: ['ignore', 'pipe', 'ignore'] })
    child = started
    for await (const line of createInterface({ input: started.stdout })) {
      if (line.includes('Ready to accept connections')) break
    }
    // A test that fails before it removes the server does not hang for it.
    started.stdout.destroy()
    started.unref()
    if (started.exitCode !== null) throw new Error(`redis-server ended with ${started.exitCode}`)
  }
  async function kill(): Promise<void> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    child.ref()
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  process.once('exit', endWithTest)
  await start()
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    kill,
    start,
    stall: () => void child?.kill('SIGSTOP'),
    goOn: () => void child?.kill('SIGCONT'),
    async remove() {
      process.removeListener('exit', endWithTest)
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Below 55536, since a cluster's nodes speak to each other at their port + 10,000. */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    server.close()
    await once(server, 'close')
    if (address && typeof address === 'object' && address.port < 55_536) return address.port
  }
}
