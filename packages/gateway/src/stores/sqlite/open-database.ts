import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { unusable } from './data-folder.ts'
import { migrations } from './migrations.ts'
import { createPrivateFile } from './private-file.ts'

/** Marks a database as ours in its header: "Astr". */
const applicationId = 0x41737472
const lockWaitMs = 500

/** Opens the database for writing, making or migrating it as needed, and proves that it can be written. */
export function openDatabase(path: string): DatabaseSync {
  createPrivateFile(path)
  const db = new DatabaseSync(path, { timeout: lockWaitMs })
  try {
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 67108864')
    // 16 MB: units of experiments lie anywhere in their table, and with the usual 2 MB each is read from the disk.
    db.exec('PRAGMA cache_size = -16384')
    transact(db, () => migrate(db, dirname(path)))
    return db
  } catch (thrown) {
    db.close()
    throw thrown
  }
}

/** Runs `write` in a transaction that holds the write lock from its start; it is undone when `write` throws. */
export function transact<T>(db: DatabaseSync, write: () => T): T {
  db.exec('BEGIN IMMEDIATE')
  try {
    const result = write()
    db.exec('COMMIT')
    return result
  } catch (thrown) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw thrown
  }
}

/** As `transact`, and on the disk (with all that was committed before) when it returns. */
export function synced<T>(db: DatabaseSync, write: () => T): T {
  db.exec('PRAGMA synchronous = FULL')
  try {
    return transact(db, write)
  } finally {
    db.exec('PRAGMA synchronous = NORMAL')
  }
}

function migrate(db: DatabaseSync, folder: string): void {
  const version = headerNumber(db, 'user_version')
  const isNew = version === 0 && db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined
  if (!isNew && headerNumber(db, 'application_id') !== applicationId) {
    const next = 'Move that file away, or choose another folder with --data DIR.'
    throw unusable(folder, { wrong: 'its astra.db belongs to another program', next })
  }
  if (version > migrations.length) {
    const wrong = `a newer gateway wrote it (schema ${version}; this one knows up to ${migrations.length})`
    throw unusable(folder, { wrong, next: 'Start that newer gateway, or choose another folder with --data DIR.' })
  }
  for (const step of migrations.slice(version)) db.exec(step)
  // Written even when nothing changed: a disk that is full or read-only shows now, and not at the first call.
  db.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${migrations.length}`)
}

function headerNumber(db: DatabaseSync, name: 'user_version' | 'application_id'): number {
  return Number(db.prepare(`PRAGMA ${name}`).get()?.[name])
}
