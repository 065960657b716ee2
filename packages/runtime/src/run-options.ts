import { parseArgs } from 'node:util'
import { StartupError } from './server/startup-error.ts'

export interface RunOptions {
  /** The model repository: a folder of `<model>/<version>/model.onnx` and the like. */
  readonly models: string
  /** `host:port` or `unix:/path.sock`. */
  readonly listen: string
  /** Larger bodies are answered 413. */
  readonly bodyBytesMax?: number
  /** Threads that one ONNX inference may use. */
  readonly threads?: number
  /** On SIGTERM: for how long calls are still taken while the server says that it is not ready. */
  readonly drainMs?: number
}

/** Reads flags and environment variables; flags win. Throws StartupError. */
export function readRunOptions(args: readonly string[], env: NodeJS.ProcessEnv): RunOptions {
  const flags = readFlags(args)
  const models = flags.models ?? env.ASTRA_MODELS
  if (!models) throw new StartupError('Which models? Name the folder that holds them with --models or ASTRA_MODELS')
  const listen = flags.listen ?? env.ASTRA_RUNTIME_LISTEN ?? '127.0.0.1:8000'
  const bodyBytesMax = flags['body-bytes-max'] ?? env.ASTRA_RUNTIME_BODY_BYTES_MAX
  const threads = flags.threads ?? env.ASTRA_RUNTIME_THREADS
  const drainMs = flags['drain-ms'] ?? env.ASTRA_RUNTIME_DRAIN_MS
  return {
    models,
    listen,
    ...(bodyBytesMax !== undefined && { bodyBytesMax: positive(bodyBytesMax, '--body-bytes-max') }),
    ...(threads !== undefined && { threads: positive(threads, '--threads') }),
    ...(drainMs !== undefined && { drainMs: drainMs === '0' ? 0 : positive(drainMs, '--drain-ms') }),
  }
}

function readFlags(args: readonly string[]) {
  const option = { type: 'string' } as const
  const options = { models: option, listen: option, 'body-bytes-max': option, threads: option, 'drain-ms': option }
  try {
    return parseArgs({ args: [...args], options }).values
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new StartupError(`${reason}. The flags are --${Object.keys(options).join(', --')}`)
  }
}

function positive(value: string, flag: string): number {
  if (!/^[1-9]\d{0,14}$/.test(value)) throw new StartupError(`${flag} must be a positive integer, not '${value}'`)
  return Number(value)
}
