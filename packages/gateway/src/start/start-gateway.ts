import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { hostname } from 'node:os'
import type { FastifyInstance } from 'fastify'
import { type Logger, pino } from 'pino'
import { createBackends } from '../backends/backends.ts'
import { createCatalogControl } from '../control/catalog/catalog-control.ts'
import { createKeyring } from '../control/keys/keyring.ts'
import { platformOperations } from '../control/operations/operations.ts'
import type { CatalogControl } from '../control/operations/ports.ts'
import { systemClock } from '../kernel/clock.ts'
import { AstraError } from '../kernel/errors.ts'
import type { Store } from '../kernel/store.ts'
import { openSqliteStore } from '../stores/sqlite/sqlite.ts'
import { bannerLines } from './banner.ts'
import { describe } from './describe.ts'
import { createHttpServer } from './http-server.ts'
import { mountDoors } from './mount-doors.ts'
import { parseListen, StartError, type StartOptions } from './options.ts'
import { ownKeys } from './own-keys.ts'
import { type RuntimeStatus, type RuntimeSupervisor, superviseRuntime } from './runtime-supervisor.ts'
import { createTraffic } from './traffic.ts'

/** A running gateway. */
export interface Gateway {
  /** "http://127.0.0.1:8787" */
  readonly url: string
  readonly adminKeyPath: string
  /** Of the consumer marked `demo` in the manifest; it may only infer. */
  readonly demoKey: string | undefined
  readonly runtime: RuntimeSupervisor
  /** Takes no new call, answers those in flight, makes every Record durable, stops the runtime. */
  stop(): Promise<void>
}

/** 10 MiB, unless a contract says otherwise. */
const bodyBytesMax = 10 * 1024 * 1024
const drainMs = 30_000

/** Starts a gateway with its embedded store and runtime. Rejects with a StartError that says what to do. */
export async function startGateway(options: StartOptions): Promise<Gateway> {
  const startedAt = systemClock.now()
  const { host, port } = parseListen(options.listen)
  // To stderr: stdout is for people.
  const log = pino({ level: options.logLevel ?? 'info', base: { name: 'gateway' } }, pino.destination(2))
  const undo: (() => Promise<void>)[] = []
  try {
    const store = await openSqliteStore({ dataDir: options.data, clock: systemClock })
    undo.push(() => store.close())
    const runtime = await superviseRuntime(options.models, log)
    undo.push(() => runtime.stop())
    const backends = createBackends({ addresses: { embedded: runtime.address }, bodyBytesMax: 64 * 1024 * 1024 })
    undo.push(async () => void (await Promise.all([...backends.values()].map((backend) => backend.close()))))

    const keyring = await createKeyring({ store: store.state, clock: systemClock, random: randomBytes })
    const control: CatalogControl = await createCatalogControl({
      store: store.state,
      backends,
      clock: systemClock,
      describe: (catalog) => describe(catalog, operations),
      log: (message, facts) => log.info(facts, message),
    })
    const traffic = await createTraffic({ store, backends, catalog: control.current, clock: systemClock, log })
    const operations = platformOperations({
      clock: systemClock,
      catalogControl: control,
      keyring,
      records: store.records,
      reports: store.reports,
      pending: traffic.recent,
      status: () => ({
        version: '0.1.0',
        node: hostname(),
        startedAt,
        catalogRevision: control.current().revision,
        catalogAgeMs: 0,
        calls: traffic.metrics.counts(),
        accounting: store.records.status(),
        runtime: runtimeFacts(runtime.status()),
      }),
    })

    const http = createHttpServer({
      identify: {
        findKey: keyring.find,
        hasConsumer: (name) => name === ownKeys.consumer || control.current().hasConsumer(name),
      },
      metrics: traffic.metrics,
      log,
      bodyBytesMax,
    })
    mountDoors(http, { ...traffic, clock: systemClock, catalog: control.current, operations, bodyBytesMax, notReady })
    function notReady(): readonly string[] {
      const waitingFor: string[] = []
      if (control.current().revision === 0) waitingFor.push('a manifest: none was applied yet')
      if (runtime.status().state !== 'ready') waitingFor.push(`the runtime: ${runtime.status().state}`)
      if (!store.records.accepting()) waitingFor.push('the store: accounting is behind')
      return waitingFor
    }

    // The port is taken before the manifest is applied: of two gateways started by mistake, the second ends here.
    const url = await listen(http, host, port)
    undo.push(() => http.close())
    await runtime.ready()
    await applyAtStart(control, store, options.config)
    const keys = await ownKeys.prepare({ keyring, options, catalog: control.current() })
    const startMs = systemClock.now() - startedAt
    for (const line of bannerLines({ url, ...keys, catalog: control.current(), startMs })) options.print?.(line)

    let stopping: Promise<void> | undefined
    const stop = async () => {
      traffic.stopTaking()
      await closeWithin(http, drainMs, log)
      await Promise.all([...backends.values()].map((backend) => backend.close()))
      await store.close()
      await runtime.stop()
    }
    return { url, ...keys, runtime, stop: () => (stopping ??= stop()) }
  } catch (thrown) {
    for (const step of undo.reverse())
      await step().catch((error) => log.error({ err: error }, 'while giving up the start'))
    throw thrown
  }
}

/**
 * The manifest file is applied at start when it differs from the one that was applied at the last start, so that a change made
 * through the API since then is not undone by a restart.
 */
async function applyAtStart(control: CatalogControl, { state }: Store, file: string): Promise<void> {
  const yaml = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new StartError(
      `The manifest ${file} cannot be read (${error.code}). Mend that, or name another with --config FILE.`,
    )
  })
  if (yaml === undefined) return
  const digest = createHash('sha256').update(yaml).digest('hex')
  if ((await state.setting('manifest-at-start')) === digest) return
  try {
    await control.apply(yaml, file, '*', 'start')
  } catch (thrown) {
    throw manifestFault(thrown, file)
  }
  await state.saveSetting('manifest-at-start', digest)
}

function manifestFault(thrown: unknown, file: string): unknown {
  if (!(thrown instanceof AstraError)) return thrown
  const lines = (thrown.facts.violations ?? []).map(({ path, line, message, suggestion }) => {
    const place = line === undefined ? file : `${file}:${line}`
    return `  ${place}: ${path}: ${message}${suggestion ? ` ${suggestion}` : ''}`
  })
  const all = lines.length > 0 ? lines.join('\n') : `  ${thrown.message}`
  return new StartError(
    `The manifest was not applied (${thrown.code}):\n${all}\nMend it and start again; nothing was changed.`,
  )
}

async function listen(http: FastifyInstance, host: string, port: number): Promise<string> {
  try {
    await http.listen({ host, port })
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException
    const wanted = `${host}:${port}`
    if (code === 'EADDRINUSE') {
      throw new StartError(
        `${wanted} is in use, perhaps by another gateway. Stop that one, or choose another: --listen ${host}:${port + 1}`,
      )
    }
    if (code === 'EACCES')
      throw new StartError(`Listening on ${wanted} is not allowed. Choose a port above 1023: --listen ${host}:8787`)
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      throw new StartError(`${host} is no address of this machine. Choose one that is: --listen 127.0.0.1:${port}`)
    }
    throw thrown
  }
  const bound = http.server.address() as AddressInfo
  return `http://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`
}

/** Answers what is in flight; connections that are still busy after `limitMs` are cut. */
async function closeWithin(http: FastifyInstance, limitMs: number, log: Logger): Promise<void> {
  const hard = setTimeout(() => {
    log.warn({ limitMs }, 'connections that were still busy are cut')
    http.server.closeAllConnections()
  }, limitMs)
  await http.close()
  clearTimeout(hard)
}

function runtimeFacts({ state, pid, restarts, lastFault }: RuntimeStatus) {
  return { state, restarts, ...(pid === undefined ? {} : { pid }), ...(lastFault === undefined ? {} : { lastFault }) }
}
