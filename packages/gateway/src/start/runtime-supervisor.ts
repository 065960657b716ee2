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
  /** Resolves when the runtime has tried every model it found, has died, or took longer than a minute; never rejects. */
  ready(): Promise<void>
  /** From now on its end is no fault. */
  draining(): void
  stop(): Promise<void>
}

export interface RuntimeStatus {
  readonly state: 'starting' | 'ready' | 'restarting' | 'stopped'
  readonly pid: number | undefined
  readonly restarts: number
  readonly lastFault: string | undefined
}

export interface SuperviseOptions {
  readonly modelsDir: string
  readonly log: Logger
  /** After each start of the process, when its models are loaded. */
  readonly onReady: () => void
}

const pauseMinMs = 100
const pauseMaxMs = 30_000
/** A runtime that lived this long starts again without a longer pause. */
const healthyMs = 30_000
const readyWithinMs = 60_000
const stopWithinMs = 12_000

/** All that the runtime gets of the gateway's environment: models' code runs in it, and secrets have many names. */
const passedOn = /^(PATH|HOME|TMPDIR|TEMP|TMP|LANG|LC_\w+|TZ|NODE_\w+|OMP_\w+|ASTRA_RUNTIME_\w+|SystemRoot)$/

/**
 * A Unix socket in a folder of mode 0700 rather than a port: no other user reaches the models past the gateway's keys, and
 * no port can collide. The folder is below the system's temporary one, since a socket's path may have 107 bytes only.
 */
export async function superviseRuntime({ modelsDir, log, onReady }: SuperviseOptions): Promise<RuntimeSupervisor> {
  const folder = await mkdtemp(join(tmpdir(), 'astra-'))
  const address = `unix:${join(folder, 'runtime.sock')}`
  let child: ChildProcess | undefined
  let state: RuntimeStatus['state'] = 'starting'
  let restarts = 0
  let lastFault: string | undefined
  let pauseMs = pauseMinMs
  let again: NodeJS.Timeout | undefined
  let wanted = true
  const firstReady = Promise.withResolvers<void>()
  const patience = setTimeout(firstReady.resolve, readyWithinMs)
  // Whether or not anybody waits: a start that failed elsewhere must not keep its process for a minute.
  void firstReady.promise.then(() => clearTimeout(patience))

  const start = () => {
    const startedAt = performance.now()
    const born = fork(runtimeProcessPath, ['--models', modelsDir, '--listen', address], {
      // Its log joins ours on stderr: stdout is for people.
      stdio: ['ignore', 2, 2, 'ipc'],
      env: { ...environment(), ASTRA_LOG_LEVEL: log.level },
    })
    child = born
    born.on('message', (message: { type?: string }) => {
      if (message.type !== 'ready') return
      state = 'ready'
      firstReady.resolve()
      onReady()
    })
    let gone = false
    // A failed fork has an error and no exit; a failed kill or message has an error while the process lives on.
    const end = (why: string) => {
      if (gone) return
      gone = true
      // Whoever waits for the first start must not wait for a runtime that cannot start.
      firstReady.resolve()
      if (!wanted) return
      if (performance.now() - startedAt > healthyMs) pauseMs = pauseMinMs
      lastFault = why
      state = 'restarting'
      restarts++
      log.error({ restarts, pauseMs }, `the runtime ${why}; it is started again`)
      again = setTimeout(start, pauseMs)
      pauseMs = Math.min(pauseMs * 2, pauseMaxMs)
    }
    born.on('error', (error) =>
      born.pid === undefined ? end(`could not be started: ${error.message}`) : log.error({ err: error }),
    )
    born.once('exit', (code, signal) => {
      end(`exited with ${signal ?? code} after ${Math.round((performance.now() - startedAt) / 1000)} s`)
    })
  }
  start()

  const draining = () => {
    wanted = false
    clearTimeout(again)
  }
  return {
    address,
    status: () => ({ state, pid: running(child) ? child?.pid : undefined, restarts, lastFault }),
    ready: () => firstReady.promise,
    draining,
    async stop() {
      draining()
      state = 'stopped'
      firstReady.resolve()
      await ended(child)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function running(child: ChildProcess | undefined): child is ChildProcess {
  return child?.pid !== undefined && child.exitCode === null && child.signalCode === null
}

async function ended(child: ChildProcess | undefined): Promise<void> {
  if (!running(child)) return
  const exit = new Promise((resolve) => child.once('exit', resolve))
  if (child.connected) child.send({ type: 'stop' })
  const hard = setTimeout(() => child.kill('SIGKILL'), stopWithinMs)
  await exit
  clearTimeout(hard)
}

function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => passedOn.test(name)))
}
