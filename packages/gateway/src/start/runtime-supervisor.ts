import { type ChildProcess, fork } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runtimeProcessPath } from '@astraapi/runtime'
import type { Logger } from 'pino'

/** The embedded runtime: one child process, started again with growing pauses when it dies. */
export interface RuntimeSupervisor {
  /** Where the backend reaches it: "unix:…", the same over restarts. */
  readonly address: string
  status(): RuntimeStatus
  /** Resolves when the runtime has tried every model it found at start; rejects never. */
  ready(): Promise<void>
  stop(): Promise<void>
}

export interface RuntimeStatus {
  readonly state: 'starting' | 'ready' | 'restarting' | 'stopped'
  readonly pid: number | undefined
  readonly restarts: number
  readonly lastFault: string | undefined
}

const pauseMinMs = 100
const pauseMaxMs = 30_000
/** A runtime that lived this long starts again without a longer pause. */
const healthyMs = 30_000

/**
 * A Unix socket in a folder of mode 0700 rather than a port: no other user reaches the models past the gateway's keys, and
 * no port can collide. The folder is below the system's temporary one, since a socket's path may have 107 bytes only.
 */
export async function superviseRuntime(modelsDir: string, log: Logger): Promise<RuntimeSupervisor> {
  const folder = await mkdtemp(join(tmpdir(), 'astra-'))
  const address = `unix:${join(folder, 'runtime.sock')}`
  let child: ChildProcess | undefined
  let state: RuntimeStatus['state'] = 'starting'
  let restarts = 0
  let lastFault: string | undefined
  let pauseMs = pauseMinMs
  let timer: NodeJS.Timeout | undefined
  const firstReady = Promise.withResolvers<void>()

  const start = () => {
    const startedAt = performance.now()
    child = fork(runtimeProcessPath, ['--models', modelsDir, '--listen', address], {
      // Its log joins ours on stderr: stdout is for people.
      stdio: ['ignore', 2, 2, 'ipc'],
      env: { ...withoutSecrets(process.env), ASTRA_LOG_LEVEL: log.level },
    })
    child.on('message', (message: { type?: string }) => {
      if (message.type !== 'ready') return
      state = 'ready'
      firstReady.resolve()
    })
    child.once('error', (error) => log.error({ err: error }, 'the runtime process could not be started'))
    child.once('exit', (code, signal) => {
      if (state === 'stopped') return
      if (performance.now() - startedAt > healthyMs) pauseMs = pauseMinMs
      lastFault = `exited with ${signal ?? code} after ${Math.round((performance.now() - startedAt) / 1000)} s`
      state = 'restarting'
      restarts++
      log.error({ restarts, pauseMs }, `the runtime ${lastFault}; it is started again`)
      // Whoever waits for the first start must not wait for a runtime that cannot start.
      firstReady.resolve()
      timer = setTimeout(start, pauseMs)
      pauseMs = Math.min(pauseMs * 2, pauseMaxMs)
    })
  }
  start()

  return {
    address,
    status: () => ({ state, pid: child?.pid, restarts, lastFault }),
    ready: () => firstReady.promise,
    async stop() {
      state = 'stopped'
      clearTimeout(timer)
      await ended(child)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function ended(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return
  const exit = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const hard = setTimeout(() => child.kill('SIGKILL'), 12_000)
  await exit
  clearTimeout(hard)
}

/** The runtime runs models' code: it gets none of the gateway's secrets. */
function withoutSecrets(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/KEY|SECRET|TOKEN|PASSWORD|_URL$/i.test(name)))
}
