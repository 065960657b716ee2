import { type ChildProcess, spawn } from 'node:child_process'
import { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { LoadOptions } from '../models/model.ts'
import { compileCacheEnvironment } from './compile-cache.ts'
import type { WorkerTask } from './messages.ts'

export interface SpawnOptions extends LoadOptions {
  /** The model file. */
  readonly file: string
  /** What the process may occupy; unlimited if absent. */
  readonly memoryBytesMax?: number | undefined
}

const PROGRAM = fileURLToPath(new URL('worker-process.ts', import.meta.url))

/** What file descriptor 3 of the process is connected to is `pipeOf` it; 1 and 2 are pipes, too. */
export function spawnWorker({ file, threads, generation, memoryBytesMax }: SpawnOptions): ChildProcess {
  const reportMemory = memoryBytesMax !== undefined
  const task: WorkerTask = { file, threads, generation, parentPid: process.pid, reportMemory }
  const heapMiB = memoryBytesMax === undefined ? undefined : Math.max(16, Math.floor(memoryBytesMax / 2 ** 20))
  const flags = heapMiB === undefined ? [] : [`--max-old-space-size=${heapMiB}`]
  return spawn(process.execPath, [...flags, PROGRAM, JSON.stringify(task)], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...compileCacheEnvironment(process.env) },
  })
}

export function pipeOf(child: ChildProcess): Socket {
  const pipe = child.stdio?.[3]
  if (pipe instanceof Socket) return pipe
  // A process that could not be started has no pipes; its error event tells why.
  return new Socket()
}
