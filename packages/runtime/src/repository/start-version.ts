import { join } from 'node:path'
import type { Logger } from 'pino'
import { MODEL_FILES } from '../models/model-files.ts'
import { outgrew, readRssBytes } from '../workers/memory.ts'
import { startWorker } from '../workers/start-worker.ts'
import type { Worker } from '../workers/worker.ts'
import { hashFolder, versionDigest } from './digest.ts'
import type { FoundVersion } from './scan.ts'
import type { ServingSettings } from './serving-settings.ts'
import { warmUp, warmUpRequests } from './warm-up.ts'

export interface StartedVersion {
  readonly worker: Worker
  /** Of the files as they were just before they were loaded. */
  readonly digest: string
}

/** Starts a version's worker and warms it up. Throws an Error whose message is the reason why it cannot be had. */
export async function startVersion(
  found: FoundVersion,
  settings: ServingSettings,
  log: Logger,
  signal: AbortSignal,
): Promise<StartedVersion> {
  const onLine = (line: string, stream: 'stdout' | 'stderr') =>
    log[stream === 'stdout' ? 'info' : 'warn']({ stream }, line)
  const file = join(found.folder, modelFile(found))
  const started = await startWarm(settings, log, async () => {
    const hash = await hashFolder(found.folder)
    const worker = await startWorker({ ...settings, file, signal, onLine })
    return { worker, digest: versionDigest(hash, worker.facts.identity) }
  })
  const tooLarge = outgrew(readRssBytes(started.worker.pid), settings.memoryBytesMax)
  if (tooLarge === undefined) return started
  await started.worker.close(0)
  throw new Error(`Once it was loaded, its worker ${tooLarge}`)
}

export function modelFile({ files }: FoundVersion): string {
  const [file, other] = files
  if (file === undefined || !Object.hasOwn(MODEL_FILES, file)) throw new Error('No model file is left in its folder')
  if (other !== undefined) throw new Error(`The folder holds ${files.join(' and ')}: keep one of them`)
  return file
}

async function startWarm(
  settings: ServingSettings,
  log: Logger,
  start: () => Promise<StartedVersion>,
): Promise<StartedVersion> {
  const started = await start()
  const { worker } = started
  try {
    const requests = warmUpRequests(settings.warmUp, worker.facts)
    await warmUp(worker, requests, settings.computeMsMax).catch((err: unknown) =>
      log.warn({ err }, 'warm-up failed; the model is served all the same'),
    )
  } catch (error) {
    await worker.close(0)
    throw error
  }
  if (worker.alive()) return started
  const { reason, detail } = await worker.ended
  if (reason === 'memory') throw new Error(`When it was warmed up, its worker ${detail}`)
  return start()
}
