import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Logger, pino } from 'pino'
import { type RunOptions, readRunOptions } from './run-options.ts'
import { createRuntime, type Runtime } from './server/create-runtime.ts'
import { StartupError } from './server/startup-error.ts'

/**
 * Runs the model server as the business of this process: takes over its signals, its exit and its uncaught errors.
 * Resolves when every model was tried. Logs to stdout in JSON lines; a start that fails prints one line to stderr
 * and ends the process with status 1.
 */
export async function runRuntime(options: RunOptions): Promise<void> {
  const log = pino({ base: null, level: process.env.ASTRA_LOG_LEVEL || 'info' })
  process.on('uncaughtException', (err) => {
    log.fatal({ err }, 'uncaught error: the process ends, so that it can be started afresh')
    process.exit(1)
  })
  await orExit(() => serve(options, log))
}

/** What the process tells its parent when it was forked. */
export type RuntimeMessage = { readonly type: 'listening'; readonly address: string } | { readonly type: 'ready' }

/** For `child_process.fork`. */
export const runtimeProcessPath = fileURLToPath(import.meta.url)

// How long requests in flight may take to finish.
const GRACE_MS = 10_000
// As long as it takes others to notice that the server is not ready any more.
const DRAIN_MS = 10_000

async function serve({ listen, drainMs = DRAIN_MS, ...options }: RunOptions, log: Logger): Promise<void> {
  const runtime = await createRuntime({ ...options, log })
  const address = await runtime.listen(listen)
  stopOnRequest(runtime, drainMs, log)
  log.info({ address, models: options.models }, 'listening')
  tellParent({ type: 'listening', address })
  await runtime.load()
  log.info('ready')
  tellParent({ type: 'ready' })
}

function stopOnRequest(runtime: Runtime, drainMs: number, log: Logger): void {
  let draining: AbortController | undefined
  const stop = async (reason: string, drainForMs: number) => {
    // Asked a second time, it does not wait any longer.
    if (draining !== undefined) return draining.abort()
    draining = new AbortController()
    log.info({ reason, drainMs: drainForMs }, 'stopping')
    runtime.drain()
    await setTimeout(drainForMs, undefined, { signal: draining.signal }).catch(() => {})
    await runtime.close(GRACE_MS)
    process.exit(0)
  }
  // A terminal's Ctrl-C and a service manager's SIGTERM reach every process of the group. Under a parent, which still has
  // calls to answer with this process's help, only the parent's word counts, or its end.
  for (const [signal, drainForMs] of [
    ['SIGTERM', drainMs],
    ['SIGINT', 0],
    ['SIGHUP', 0],
  ] as const) {
    process.on(signal, () => (process.connected ? undefined : void stop(signal, drainForMs)))
  }
  process.on('message', (message) => (isStop(message) ? void stop('the parent asked for it', 0) : undefined))
  process.on('disconnect', () => void stop('the parent process is gone', 0))
  // A parent that ended while this process started has said so before anybody listened.
  if (process.send && !process.connected) void stop('the parent process is gone', 0)
}

/** What a parent says to end this process: `{ type: 'stop' }`. */
function isStop(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === 'stop'
}

/** A parent that has just gone cannot be told; that it has gone is told by 'disconnect'. */
function tellParent(message: RuntimeMessage): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined)
}

async function orExit(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof StartupError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  }
}

if (import.meta.main) await orExit(async () => runRuntime(readRunOptions(process.argv.slice(2), process.env)))
