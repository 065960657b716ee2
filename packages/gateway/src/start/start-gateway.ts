import { randomBytes } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { type Logger, pino } from 'pino'
import { createBackends } from '../backends/backends.ts'
import { maskOf } from '../control/audit/audit-text.ts'
import { createCatalogControl } from '../control/catalog/catalog-control.ts'
import { createGateKeeper } from '../control/gates/gate-keeper.ts'
import { createKeyring } from '../control/keys/keyring.ts'
import { embeddedReplica } from '../control/manifest/replica-address.ts'
import { platformOperations } from '../control/operations/operations.ts'
import type { CatalogControl } from '../control/operations/ports.ts'
import { requireServed } from '../control/operations/require-ready.ts'
import { createReplicaNames } from '../control/replicas/replica-names.ts'
import { createReplicaWatch, type ReplicaWatch } from '../control/replicas/replica-watch.ts'
import { createCaseSets } from '../control/sets/case-sets.ts'
import { systemClock } from '../kernel/clock.ts'
import { AstraError, operatorReason } from '../kernel/errors.ts'
import { isInternal } from '../kernel/internal-consumers.ts'
import type { ReplicaFleet } from '../kernel/replicas.ts'
import { Secret } from '../kernel/secret.ts'
import type { RedisConnection } from '../stores/redis/connection.ts'
import { openSqliteStore } from '../stores/sqlite/sqlite.ts'
import { applyAtStart } from './apply-at-start.ts'
import { auditStart } from './audit-start.ts'
import { bannerLines } from './banner.ts'
import { describe } from './describe.ts'
import { meterEvaluations } from './evaluation-metrics.ts'
import { meterExperiments } from './experiment-metrics.ts'
import { parseEvery, type WiredExperiments, wireExperiments } from './experiments.ts'
import { lookAround } from './hints.ts'
import { prepareListeners } from './listeners.ts'
import { parseBytes, StartError, type StartOptions } from './options.ts'
import { ownKeys } from './own-keys.ts'
import { meterReplicas, notServed } from './replica-facts.ts'
import { type RuntimeStatus, type RuntimeSupervisor, superviseRuntime } from './runtime-supervisor.ts'
import { saveEveryMinute } from './save-key-uses.ts'
import { softwareVersion } from './software-version.ts'
import { wireEvaluations } from './wire-evaluations.ts'
import { wireIdentity } from './wire-identity.ts'
import { wireJourney } from './wire-journey.ts'
import type { WiredLimits } from './wire-limits.ts'

/** A running gateway. */
export interface Gateway {
  /** "http://127.0.0.1:8787" */
  readonly url: string
  /** Of management, where it has an address of its own. */
  readonly adminUrl: string | undefined
  /** undefined when ASTRA_ADMIN_KEY holds the admin key. */
  readonly adminKeyPath: string | undefined
  /** Of the consumer marked `demo` in the manifest; it may only infer. */
  readonly demoKey: string | undefined
  readonly runtime: RuntimeSupervisor
  /** Reads the TLS certificates again; without TLS there is nothing to do. */
  reload(): Promise<void>
  /** Takes no new call, answers those in flight, makes every Record durable, stops the runtime. */
  stop(): Promise<void>
}

/** 10 MiB, unless a contract says otherwise. */
const bodyBytesMax = 10 * 1024 * 1024
const drainMs = 30_000
/** For calls whose connection was cut to get their Records. */
const settleMs = 5000

/** Starts a gateway with its embedded store and runtime. Rejects with a StartError that says what to do. */
export async function startGateway(options: StartOptions): Promise<Gateway> {
  const undo: (() => Promise<unknown>)[] = []
  try {
    return await start(options, undo)
  } catch (thrown) {
    for (const step of undo.reverse()) await step().catch(() => undefined)
    throw startError(thrown)
  }
}

async function start(options: StartOptions, undo: (() => Promise<unknown>)[]): Promise<Gateway> {
  const startedAt = systemClock.now()
  const openListeners = await prepareListeners(options)
  // To stderr: stdout is for people.
  const log = pino({ level: options.logLevel ?? 'info', base: { name: 'gateway' } }, pino.destination(2))
  const goOn = () => {
    if (options.signal?.aborted) throw new StartError('The start was given up before the gateway was ready.')
  }

  const hints = options.hints && lookAround(options.hints, options.flags)
  await requireFolder(options.models)
  // The runtime takes longest: it loads its models while the rest is opened.
  let watch: ReplicaWatch | undefined
  const runtime = await superviseRuntime({
    modelsDir: options.models,
    log,
    onReady: () => watch?.reappeared(embeddedReplica),
  })
  undo.push(() => runtime.stop())
  const store = await openSqliteStore({ dataDir: options.data, clock: systemClock, log })
  undo.push(() => store.close())
  const backends = createBackends({ addresses: { [embeddedReplica]: runtime.address }, bodyBytesMax: 64 * 1024 * 1024 })
  const closeBackends = () => Promise.all([...backends.values()].map((backend) => backend.close()))
  undo.push(closeBackends)

  let limits: WiredLimits | undefined
  let experiments: WiredExperiments | undefined
  let replicas: ReplicaFleet | undefined
  const keyring = await createKeyring({
    store: store.state,
    clock: systemClock,
    random: randomBytes,
    changed: (keys) => void limits?.followKeys(keys),
  })
  const names = createReplicaNames({ clock: systemClock, log })
  const sets = createCaseSets({ store: store.sets, clock: systemClock, catalog: () => control.current() })
  const control: CatalogControl = await createCatalogControl({
    store: store.state,
    backends,
    names,
    clock: systemClock,
    requireServed(experiment, place, state) {
      if (replicas) requireServed(experiment, place, state, replicas)
    },
    activated(catalog) {
      void watch?.follow(catalog)
      void limits?.follow(catalog)
      experiments?.follow()
    },
    describe: (catalog) => describe(catalog, operations),
    sets,
    gates: createGateKeeper({
      sets,
      store: store.sets,
      // Asked at applies only, when all is wired.
      evaluate: (run) => evaluating.evaluate(run),
      evaluations: store.evaluations,
      clock: systemClock,
      log: (message, facts) => log.info(facts, message),
    }),
    log: (message, facts) => log.info(facts, message),
  })
  const redis = options.redisUrl === undefined ? undefined : await connectRedis(options.redisUrl, log)
  if (redis) undo.push(redis.close)
  const wired = await wireJourney({
    store,
    backends,
    addresses: names.known,
    catalog: control.current,
    keyring,
    clock: systemClock,
    log,
    redis,
    cacheBytesMax: parseBytes('ASTRA_CACHE_BYTES', options.cacheBytes),
    captureBytesMax: parseBytes('ASTRA_CAPTURE_BYTES', options.captureBytes),
    tap: (record) => experiments?.note(record),
  })
  undo.push(wired.observing.close)
  limits = wired.limits
  const { fleet } = wired
  replicas = fleet
  const watching = createReplicaWatch({ fleet, backends, names, clock: systemClock, log })
  watch = watching
  undo.push(async () => watching.close())
  meterReplicas(wired.metrics, control.current, fleet)
  const hasConsumer = (name: string) =>
    name === ownKeys.consumer || (control.current().hasConsumer(name) && !isInternal(name))
  const identity = await wireIdentity({
    store,
    keyring,
    catalog: control.current,
    hasConsumer,
    clock: systemClock,
    log,
  })
  undo.push(identity.close)
  const mask = maskOf(options.adminKey === undefined ? [] : [options.adminKey])
  const deciding = wireExperiments({
    store,
    catalogControl: control,
    audit: store.audit,
    mask,
    clock: systemClock,
    log,
    everyMs: parseEvery('ASTRA_EXPERIMENTS_EVERY', options.experimentsEvery),
  })
  experiments = deciding
  undo.push(deciding.close)
  meterExperiments(wired.metrics, control.current, deciding.facts)
  const evaluating = wireEvaluations({
    store,
    ask: wired.observing.ask,
    catalog: control.current,
    clock: systemClock,
    log,
  })
  undo.push(evaluating.close)
  meterEvaluations(wired.metrics, () => evaluating.evaluations.facts())
  const operations = platformOperations({
    clock: systemClock,
    catalogControl: control,
    keyring,
    tokens: identity.tokens,
    holdsKey: (text) => mask(text) !== text,
    cache: wired.cache.cache,
    audit: store.audit,
    limits: wired.limits,
    shadow: wired.observing.shadow.reports,
    judges: wired.observing.judging.reports,
    drift: wired.observing.drift.reports,
    payloads: { ...store.payloads, forget: wired.observing.capture.forget },
    sets,
    evaluations: evaluating.evaluations,
    records: store.records,
    reports: store.reports,
    experiments: deciding.reads,
    pending: wired.recent,
    replicas: { status: fleet.status, nameFault: names.fault },
    status: () => ({
      version: softwareVersion,
      node: hostname(),
      startedAt,
      catalogRevision: control.current().revision,
      // With the embedded store this gateway is the only one that changes the catalog.
      catalogAgeMs: 0,
      calls: wired.metrics.counts(),
      accounting: store.records.status(),
      limits: wired.limits.status(),
      runtime: runtimeFacts(runtime.status()),
      notServed: notServed(control.current(), fleet),
      notEvaluated: deciding.notEvaluated(),
    }),
  })
  const notReady = () => [
    ...(control.current().revision === 0 ? ['a manifest: none was applied yet'] : []),
    // While it restarts, models elsewhere are served: that is no reason to take the gateway out.
    ...(runtime.status().state === 'starting' ? ['the runtime: it is starting'] : []),
    ...(store.records.accepting() ? [] : ['the store: accounting is behind']),
  ]
  const report = (error: AstraError) =>
    log.error({ code: error.code, reason: operatorReason(error) }, 'a request failed')
  const { find: findKey, used } = keyring
  const listeners = openListeners(
    {
      identify: { findKey, hasConsumer, verifyToken: identity.verifyToken, now: systemClock.now, used },
      catalog: control.current,
      metrics: wired.metrics,
      log,
      bodyBytesMax,
      inFlight: wired.inFlight,
    },
    {
      ...wired,
      clock: systemClock,
      catalog: control.current,
      operations,
      audit: store.audit,
      isKey: (text) => findKey(text) !== undefined,
      mask,
      bodyBytesMax,
      notReady,
      report,
    },
  )
  const uses = saveEveryMinute(keyring, log)
  undo.push(uses.stop)

  // Before anybody can call: from here on no replica serves what was not found to be what was applied.
  const followed = watching.follow(control.current())
  await Promise.all([
    wired.limits.follow(control.current()),
    wired.limits.followKeys(keyring.list()),
    deciding.prepare(),
    evaluating.prepare(),
  ])
  // The port is taken before the manifest is applied: of two gateways started by mistake, the second ends here.
  const urls = await listeners.listen()
  undo.push(() => listeners.close(0))
  // Who gives the start up does not wait for models that load.
  const giveUp = () => void runtime.stop()
  options.signal?.addEventListener('abort', giveUp, { once: true })
  await runtime.ready()
  goOn()
  await followed
  await watching.verified(embeddedReplica)
  goOn()
  const audit = auditStart(store.audit, systemClock, mask)
  const note = (note: string) => log.warn({ note }, 'a note on the manifest')
  const refused = (text: string) => {
    options.print?.(`${text}\nUntil then this gateway serves what it served before.`)
    log.warn({ manifest: options.config }, 'the manifest was not applied: a version did not pass its gate')
  }
  const { signal } = options
  const applied = await applyAtStart(control, store, options.config, note, audit, { sets, refused, signal })
  if (applied !== undefined)
    options.print?.(`${options.config} was new or had changed: applied as revision ${applied}.`)
  const keys = await ownKeys.prepare({ keyring, options, catalog: control.current(), audit })
  goOn()
  // From here on `stop` ends it, and calls still need it until they are answered.
  options.signal?.removeEventListener('abort', giveUp)
  deciding.begin()
  const startMs = systemClock.now() - startedAt
  const catalog = control.current()
  const banner = bannerLines({ ...urls, ...keys, catalog, startMs, notServed: notServed(catalog, fleet) })
  for (const line of banner) options.print?.(line)
  for (const line of (await hints?.(control.current())) ?? []) options.print?.(line)

  let stopping: Promise<void> | undefined
  const stop = async () => {
    wired.stopTaking()
    runtime.draining()
    await listeners.close(options.drainMs ?? drainMs)
    // A closed connection is not yet a closed Record.
    const lost = await wired.idle(settleMs)
    if (lost > 0) log.error({ calls: lost }, 'calls that did not end have no Record')
    watching.close()
    await closeBackends()
    await identity.close()
    await uses.stop()
    await deciding.close()
    await evaluating.close()
    await wired.observing.close()
    await wired.limits.close()
    await redis?.close()
    await store.close()
    await runtime.stop()
  }
  return { ...urls, ...keys, runtime, reload: listeners.reload, stop: () => (stopping ??= stop()) }
}

async function requireFolder(models: string): Promise<void> {
  const found = await stat(models).catch(() => undefined)
  if (found?.isDirectory()) return
  const what = found ? 'is no folder' : 'does not exist'
  throw new StartError(
    `The model repository ${models} ${what}. Make it (it may be empty), or name another with --models DIR.`,
  )
}

/** Faults that the person who starts a gateway can mend are in their words; what is left is a fault of ours, with its stack. */
function startError(thrown: unknown): unknown {
  if (thrown instanceof StartError || !(thrown instanceof Error)) return thrown
  if (thrown.name === 'DataFolderError') return new StartError(thrown.message, { cause: thrown })
  if (thrown instanceof AstraError)
    return new StartError(`${thrown.message}. ${thrown.facts.next ?? ''}`.trim(), { cause: thrown })
  const { code, path } = thrown as NodeJS.ErrnoException
  if (code === undefined || path === undefined) return thrown
  return new StartError(`${path} cannot be used (${code}). Mend that, or choose another data folder: --data DIR`, {
    cause: thrown,
  })
}

function runtimeFacts({ state, pid, restarts, lastFault }: RuntimeStatus) {
  return { state, restarts, ...(pid === undefined ? {} : { pid }), ...(lastFault === undefined ? {} : { lastFault }) }
}

/** Its client takes a tenth of a second to load, which is spared where there is no Redis. */
async function connectRedis(url: string, log: Logger): Promise<RedisConnection> {
  const { openRedis } = await import('../stores/redis/connection.ts')
  try {
    return openRedis(new Secret(url), { log })
  } catch (thrown) {
    throw new StartError(`ASTRA_REDIS_URL: ${(thrown as Error).message}`)
  }
}
