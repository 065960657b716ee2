import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { MODEL_FILES } from '../models/model-files.ts'

/** A folder `DIR/<name>/<version>` that holds a model file. */
export interface FoundVersion {
  readonly name: string
  readonly version: string
  readonly folder: string
  /** The model files in it, by name: one, unless the folder is ambiguous. */
  readonly files: readonly string[]
}

const MODEL_NAME = /^[a-z][a-z0-9-]*$/
const VERSION = /^[A-Za-z0-9._-]+$/

/**
 * Every version in a model repository. What does not look like one is passed over, and a folder that cannot be read
 * is reported. Throws if DIR itself can't be read.
 */
export async function scanRepository(
  dir: string,
  onUnreadable: (folder: string, error: unknown) => void,
): Promise<readonly FoundVersion[]> {
  const scanOrReport = (name: string) =>
    scanModel(dir, name).catch((error: unknown) => {
      onUnreadable(join(dir, name), error)
      return []
    })
  return (await Promise.all((await readdir(dir)).sort().map(scanOrReport))).flat()
}

/** The versions of one model; none if there is no such model. */
export async function scanModel(dir: string, name: string): Promise<readonly FoundVersion[]> {
  if (!MODEL_NAME.test(name)) return []
  const versions = (await namesIn(join(dir, name))).filter((version) => VERSION.test(version)).sort()
  const found = await Promise.all(versions.map((version) => scanVersion(join(dir, name, version), name, version)))
  return found.filter(({ files }) => files.length > 0)
}

async function scanVersion(folder: string, name: string, version: string): Promise<FoundVersion> {
  const candidates = (await namesIn(folder)).filter((file) => Object.hasOwn(MODEL_FILES, file))
  const regular = await Promise.all(candidates.map((file) => isFile(join(folder, file))))
  return { name, version, folder, files: candidates.filter((_, index) => regular[index]) }
}

/** What a folder holds; nothing if it is none. Links are followed: mounted volumes are often made of them. */
async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (isAbsent(error)) return []
    throw error
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile()
  } catch (error) {
    if (isAbsent(error)) return false
    throw error
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}
