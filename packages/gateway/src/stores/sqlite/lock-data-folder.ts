import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { dataFiles, unusable } from './data-folder.ts'
import { createPrivateFile } from './private-file.ts'
import { isLocked } from './storage-fault.ts'

/** Collecting a handle as garbage closes it, and drops its lock. */
const held: DatabaseSync[] = []

/**
 * Claims the folder until this thread ends: an exclusive lock on a database of its own that nothing is ever written to. The
 * operating system drops it when the process dies, however it dies. `owner` says who we are, in a text file that only helps
 * people.
 */
export function lockDataFolder(folder: string, owner: string): void {
  const lockFile = join(folder, dataFiles.lock)
  const ownerFile = join(folder, dataFiles.owner)
  createPrivateFile(lockFile)
  const lock = new DatabaseSync(lockFile, { timeout: 0 })
  try {
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  } catch (thrown) {
    lock.close()
    if (!isLocked(thrown)) throw thrown
    const wrong = `another gateway${ownerIn(ownerFile)} is using it`
    throw unusable(folder, { wrong, next: 'Stop that one, or start this one with --data DIR.' })
  }
  held.push(lock)
  try {
    writeFileSync(ownerFile, `${owner}\n`, { mode: 0o600 })
  } catch {
    // On a full disk there is no text to help people with.
  }
}

function ownerIn(ownerFile: string): string {
  try {
    const [owner] = readFileSync(ownerFile, 'utf8').slice(0, 100).split('\n')
    return owner ? ` (${owner})` : ''
  } catch {
    return ''
  }
}
