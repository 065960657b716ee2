import { constants } from 'node:fs'
import { access, mkdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type StorageFault, storageFault } from './storage-fault.ts'

/** The data folder cannot be used. The message says what is wrong and what to do next; there is no use in trying again. */
export class DataFolderError extends Error {
  override readonly name = 'DataFolderError'
}

export function unusable(folder: string, { wrong, next }: StorageFault, cause?: unknown): DataFolderError {
  return new DataFolderError(`The data folder ${folder} cannot be used: ${wrong}. ${next}`, { cause })
}

/** The names of what lies in a data folder. */
export const dataFiles = { database: 'astra.db', lock: 'lock.db', owner: 'lock.txt' } as const

/** Makes the folder, for its owner only, where there is none; returns its absolute path. Throws DataFolderError. */
export async function prepareDataFolder(dataDir: string): Promise<string> {
  const folder = resolve(dataDir)
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK)
    return folder
  } catch (thrown) {
    throw dataFolderError(folder, thrown)
  }
}

/** What SQLite or the file system threw, as a DataFolderError. */
export function dataFolderError(folder: string, thrown: unknown): DataFolderError {
  return thrown instanceof DataFolderError ? thrown : unusable(folder, storageFault(thrown), thrown)
}
