import type { Worker } from 'node:worker_threads'
import type { Clock } from '../../kernel/clock.ts'
import type { Reports, StateStore, Store } from '../../kernel/store.ts'
import { RecordQueue, type StoreLog } from '../record-queue.ts'
import { decodeCall, encodeCall } from './call-row.ts'
import { prepareDataFolder } from './data-folder.ts'
import { evaluationStore } from './evaluations/evaluation-rows.ts'
import { payloadStore } from './payloads/payload-store.ts'
import type { ReaderOperations } from './reader.ts'
import { setStore } from './sets/set-store.ts'
import { tellMigration } from './tell-migration.ts'
import { WorkerLink } from './worker-link.ts'
import type { WriterOperations } from './writer.ts'

export interface SqliteStoreOptions {
  /** The database is DIR/astra.db. Made if it is missing; one gateway at a time uses it. */
  readonly dataDir: string
  readonly clock: Clock
  readonly log?: StoreLog | undefined
  /** Past so many waiting Records `accepting()` says no, until half of them are written. Default 10,000. */
  readonly waitingMax?: number | undefined
  /** How long `close` tries to write what waits. Default 10 s. */
  readonly closeWithinMs?: number | undefined
  /** Sees each worker as it starts. */
  readonly onWorker?: ((name: 'reader' | 'writer', worker: Worker) => void) | undefined
}

/**
 * The embedded store: SQLite in a data folder, written by one worker and read by another. Throws DataFolderError when the
 * folder cannot be used: full, read-only, in use by another gateway, of a newer gateway, not a database.
 *
 * `close` rejects, naming how many Records are lost, when they cannot be written within `closeWithinMs`.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const folder = await prepareDataFolder(options.dataDir)
  const { reader, writer } = links(options, folder)
  const endWorkers = async (): Promise<void> => {
    await writer.end()
    await reader.end()
  }
  try {
    await reader.start() // Takes the lock.
    await tellMigration(folder, options.log)
    await writer.start()
  } catch (thrown) {
    await endWorkers()
    throw thrown
  }

  const records = new RecordQueue({
    text: { write: encodeCall, read: decodeCall },
    write: ({ records, feedback }) => writer.ask('batch', { calls: `[${records.join(',')}]`, feedback }),
    log: options.log,
    waitingMax: options.waitingMax,
  })
  let closing: Promise<void> | undefined
  const close = async (): Promise<void> => {
    try {
      await records.close(options.closeWithinMs ?? 10_000)
      // For tidiness only: what was acknowledged is safe without it.
      await reader.ask('close', undefined).catch(() => undefined)
      await writer.ask('close', undefined).catch(() => undefined)
    } finally {
      await endWorkers()
    }
  }
  return {
    records,
    reports: reportsOf(reader),
    state: stateOf(writer, reader),
    audit: { append: (entry) => writer.ask('appendAudit', entry), list: (filter) => reader.ask('audit', filter) },
    shadow: { add: (sums) => writer.ask('addShadow', sums), sums: (model) => reader.ask('shadow', model) },
    judges: { add: (sums) => writer.ask('addJudges', sums), sums: (model) => reader.ask('judges', model) },
    payloads: payloadStore(writer, reader),
    drift: {
      add: (parts) => writer.ask('addDrift', parts),
      sums: (query) => reader.ask('drift', query),
      forget: (before, kept) => writer.ask('forgetDrift', { before, kept }),
    },
    sets: setStore(writer, reader),
    evaluations: evaluationStore(writer, reader),
    async forgetExperiment(experiment, startedAt) {
      // What waits to be written may be of it.
      await records.flush()
      const run = startedAt === undefined ? { experiment } : { experiment, startedAt }
      while (await writer.ask('forgetEvidence', run));
    },
    close: () => {
      closing ??= close()
      return closing
    },
  }
}

function links({ clock, log, onWorker }: SqliteStoreOptions, folder: string) {
  const since = new Date(clock.now()).toISOString()
  const given = { folder, owner: `process ${process.pid}, since ${since}` }
  const link = (name: 'reader' | 'writer', module: URL) => {
    const onStart = (worker: Worker) => onWorker?.(name, worker)
    return { name: `accounting ${name}`, module, given, log, onStart }
  }
  return {
    reader: new WorkerLink<ReaderOperations>(link('reader', new URL('./reader.ts', import.meta.url))),
    writer: new WorkerLink<WriterOperations>(link('writer', new URL('./writer.ts', import.meta.url))),
  }
}

function reportsOf(reader: WorkerLink<ReaderOperations>): Reports {
  return {
    call: (id) => reader.ask('call', id),
    callByReference: (consumer, reference) => reader.ask('callByReference', { consumer, reference }),
    calls: (filter) => reader.ask('calls', filter),
    feedback: (callId) => reader.ask('feedback', callId),
    usage: (query) => reader.ask('usage', query),
    spent: (query) => reader.ask('spent', query),
    evidence: (run, metrics, frozenBy) => reader.ask('evidence', { run, metrics, frozenBy }),
    circuit: (run) => reader.ask('circuit', run),
    totals: (run) => reader.ask('totals', run),
    runs: () => reader.ask('runs', undefined),
  }
}

/** Large values cross threads as JSON text. */
function stateOf(writer: WorkerLink<WriterOperations>, reader: WorkerLink<ReaderOperations>): StateStore {
  return {
    async catalog() {
      const text = await reader.ask('catalog', undefined)
      return text && { ...text, state: JSON.parse(text.state), digests: JSON.parse(text.digests) }
    },
    async saveCatalog({ revision, time, ...catalog }) {
      const [state, digests] = [JSON.stringify(catalog.state), JSON.stringify(catalog.digests)]
      await writer.ask('saveCatalog', { revision, time, state, digests })
    },
    keys: async () => JSON.parse(await reader.ask('keys', undefined)),
    saveKeys: (keys) =>
      writer.ask(
        'saveKeys',
        keys.map(({ hash, key }) => ({ hash, key: JSON.stringify(key) })),
      ),
    keyUses: () => reader.ask('keyUses', undefined),
    saveKeyUses: (uses) => writer.ask('saveKeyUses', uses),
    setting: (name) => reader.ask('setting', name),
    saveSetting: (name, value) => writer.ask('saveSetting', { name, value }),
    settingOr: (name, value) => writer.ask('settingOr', { name, value }),
  }
}
