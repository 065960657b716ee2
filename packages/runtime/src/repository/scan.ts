import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
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

/** Told of each folder that might have been meant for a model, and why it is none. */
export type PassedOver = (folder: string, why: string, error?: unknown) => void

const MODEL_RULE = `a model's name is ${MODEL_NAME.source.slice(1, -1)}; rename it`
const VERSION_RULE = `a version's name is ${VERSION.source.slice(1, -1)}; rename it`
const MODEL_FILE_RULE = `a version holds one of ${Object.keys(MODEL_FILES).join(', ')}`

/**
 * Every version in a model repository. What does not look like one, or cannot be read, is passed over and reported.
 * Throws if DIR itself can't be read.
 */
export async function scanRepository(dir: string, onPassedOver: PassedOver): Promise<readonly FoundVersion[]> {
  const scanOrReport = (name: string) =>
    scanModel(dir, name, onPassedOver).catch((error: unknown) => {
      onPassedOver(join(dir, name), 'it cannot be read', error)
      return []
    })
  return (await Promise.all((await readdir(dir)).sort().map(scanOrReport))).flat()
}

/** The versions of one model; none if there is no such model. */
export async function scanModel(dir: string, name: string, onPassedOver: PassedOver): Promise<readonly FoundVersion[]> {
  if (!MODEL_NAME.test(name)) {
    // Looked up rather than joined: the name may be a path.
    if ((await namesIn(dir)).includes(name)) await reportFolder(join(dir, name), MODEL_RULE, onPassedOver)
    return []
  }
  const names = (await namesIn(join(dir, name))).toSorted()
  const found = await Promise.all(names.map((version) => scanVersion(join(dir, name, version), name, version)))
  for (const { folder, version, files } of found) {
    if (!VERSION.test(version)) await reportFolder(folder, VERSION_RULE, onPassedOver)
    else if (files.length === 0) await reportFolder(folder, MODEL_FILE_RULE, onPassedOver)
  }
  return found.filter(({ version, files }) => VERSION.test(version) && files.length > 0)
}

/** Reports a folder that somebody made for a model, perhaps; not a file, nor what tools make. */
async function reportFolder(folder: string, why: string, onPassedOver: PassedOver): Promise<void> {
  const name = basename(folder)
  if (name.startsWith('.') || name === 'node_modules') return
  if (await is('isDirectory', folder)) onPassedOver(folder, why)
}

async function scanVersion(folder: string, name: string, version: string): Promise<FoundVersion> {
  const candidates = (await namesIn(folder)).filter((file) => Object.hasOwn(MODEL_FILES, file))
  const regular = await Promise.all(candidates.map((file) => is('isFile', join(folder, file))))
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

async function is(kind: 'isFile' | 'isDirectory', path: string): Promise<boolean> {
  try {
    return (await stat(path))[kind]()
  } catch (error) {
    if (isAbsent(error)) return false
    throw error
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}
