import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { findTool, type Machine } from '../machine.ts'

/** A process of the bench, until it is stopped. */
export interface Running {
  readonly pid: number
  /** What it said when it was ready. */
  readonly ready: RegExpMatchArray
  /** From spawn to that. */
  readonly startMs: number
  /** Its signal, then SIGKILL for what does not listen. */
  stop(): Promise<void>
}

export interface ProcessOptions {
  /** Which core(s) it runs on; undefined = wherever the kernel likes. */
  readonly cores: string | number | undefined
  /** The line of stdout that says it can be called. */
  readonly ready: RegExp
  readonly env?: NodeJS.ProcessEnv
  /** Sees every line that it prints. */
  readonly onLine?: (line: string) => void
  /** SIGTERM unless it has another. */
  readonly stopSignal?: NodeJS.Signals
}

const readyWithinMs = 120_000
const stopWithinMs = 20_000

/** Starts a program on its core(s) and resolves when it says that it is ready. Rejects with its last words when it ends first. */
export async function startProcess(
  program: string,
  args: readonly string[],
  { cores, ready, env, onLine, stopSignal = 'SIGTERM' }: ProcessOptions,
): Promise<Running> {
  const [file, ...rest] = pinned(cores, [program, ...args])
  const startedAt = performance.now()
  const child = spawn(file ?? program, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  alive.add(child)
  child.once('exit', () => alive.delete(child))
  const found = await firstMatch(child, ready, program, onLine).catch(async (error) => {
    await end(child, stopSignal)
    throw error
  })
  return {
    pid: child.pid ?? 0,
    ready: found,
    startMs: performance.now() - startedAt,
    stop: () => end(child, stopSignal),
  }
}

/** A bench that fails or is broken off leaves nothing running behind. */
const alive = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of alive) child.kill('SIGTERM')
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))

/** The command that runs a command on some cores only. taskset becomes what it starts, so process numbers stay. */
export function pinned(cores: string | number | undefined, command: readonly string[]): readonly string[] {
  const taskset = cores === undefined ? undefined : findTool('taskset')
  return taskset === undefined ? command : [taskset, '-c', String(cores), ...command]
}

/** The cores for the load, and for what is called by the server under test. */
export function besideServer({ loadCores }: Machine): { readonly cores: string | undefined } {
  return { cores: loadCores }
}

async function firstMatch(
  child: ChildProcess,
  ready: RegExp,
  program: string,
  onLine?: (line: string) => void,
): Promise<RegExpMatchArray> {
  const found = Promise.withResolvers<RegExpMatchArray>()
  let last = ''
  const read = (stream: NodeJS.ReadableStream | null) => {
    if (!stream) return
    createInterface({ input: stream }).on('line', (line) => {
      onLine?.(line)
      last = `${last}${line}\n`.slice(-2000)
      const match = ready.exec(line)
      if (match) found.resolve(match)
    })
  }
  read(child.stdout)
  read(child.stderr)
  child.once('error', found.reject)
  child.once('exit', (code, signal) => found.reject(new Error(`${program} ended (${signal ?? code}): ${last}`)))
  const patience = setTimeout(
    () => found.reject(new Error(`${program} was not ready in ${readyWithinMs / 1000} s: ${last}`)),
    readyWithinMs,
  )
  return await found.promise.finally(() => clearTimeout(patience))
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill(signal)
  const hard = setTimeout(() => child.kill('SIGKILL'), stopWithinMs)
  await gone
  clearTimeout(hard)
}
