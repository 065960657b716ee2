import type { Logger } from 'pino'
import { settlesWithin } from '../clock.ts'
import { createMetrics } from '../metrics/runtime-metrics.ts'
import { openRepository } from '../repository/repository.ts'
import { createApp } from './create-app.ts'
import { cannotListen, formatListenAddress, parseListenAddress, removeStaleSocket } from './listen-address.ts'
import { StartupError, systemCode } from './startup-error.ts'

/** A model server. In use: `createRuntime`, `listen`, `load`, and in the end `close`. */
export interface Runtime {
  /** Begins to answer on `host:port` or `unix:/path.sock`; returns the address bound. Throws StartupError. */
  listen(address: string): Promise<string>
  /** Loads the models found; the server is ready when it resolves. A model that fails does not stop the others. */
  load(): Promise<void>
  /** Is no longer ready, and answers all the same: whoever spreads calls over several servers stops sending any here. */
  drain(): void
  /** Is no longer ready, lets requests in flight finish for at most `graceMs`, and closes the models. */
  close(graceMs: number): Promise<void>
}

export interface RuntimeOptions {
  /** The model repository: a folder of `<model>/<version>/model.onnx` (or `model.ts`, `model.js`, `model.mjs`). */
  readonly models: string
  readonly log: Logger
  /** Larger bodies are answered 413. Default 64 MiB. */
  readonly bodyBytesMax?: number
  /** Threads that one ONNX inference may use. Default 1; see README.md for what was measured. */
  readonly threads?: number
  /** Calls that may wait for one version before further ones are answered 503. Default 1024. */
  readonly waitingMax?: number
}

/** Opens the model repository. Throws StartupError if it can't be read. */
export async function createRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { models, log, bodyBytesMax = 64 * 2 ** 20, threads = 1, waitingMax = 1024 } = options
  const metrics = createMetrics()
  const repository = await openRepository({ dir: models, threads, waitingMax, metrics, log }).catch((error) => {
    throw cannotRead(models, error)
  })
  let notReady: string | undefined = LOADING
  const drain = () => {
    notReady = 'The server is stopping'
  }
  const app = createApp({ repository, bodyBytesMax, log, notReady: () => notReady, metrics: metrics.text })

  return {
    async listen(address) {
      const where = parseListenAddress(address)
      await removeStaleSocket(where)
      await app.listen(where).catch((error: unknown) => {
        throw cannotListen(address, error)
      })
      return formatListenAddress(app.server.address())
    },
    async load() {
      await repository.loadFound()
      if (repository.names().length === 0) log.warn(noModels(models))
      if (notReady === LOADING) notReady = undefined
    },
    drain,
    async close(graceMs) {
      const endsAt = performance.now() + graceMs
      drain()
      const closed = app.close()
      if (!(await settlesWithin(closed, graceMs))) {
        log.warn({ graceMs }, 'requests in flight did not finish in time and are cut')
        app.server.closeAllConnections()
      }
      await repository.close(Math.max(endsAt - performance.now(), 0))
    },
  }
}

const LOADING = 'The server is loading its models'

const noModels = (dir: string) =>
  `${dir} holds no model: put one at <model>/<version>/model.onnx in it and POST /v2/repository/models/<model>/load`

const ADVICE: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist; create it, or name another with --models',
  ENOTDIR: 'it is not a folder; name the folder that holds the models with --models',
  EACCES: 'this user may not read it; change its permissions, or name another with --models',
}

function cannotRead(dir: string, error: unknown): StartupError {
  const reason = error instanceof Error ? error.message : String(error)
  return new StartupError(`Cannot read the models in ${dir}: ${ADVICE[systemCode(error) ?? ''] ?? reason}`, {
    cause: error,
  })
}
