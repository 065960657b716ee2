import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { synced } from './open-database.ts'

const named = 'spent-writer'

/**
 * Under which name this file writes what was spent. A copy of a data folder takes another, so that what two gateways spend after it can be
 * told apart, and what was spent before it counts once: it is known by what a copy cannot keep, its inode and when that was made. Where those
 * change though nothing was copied, another name does no harm.
 */
export function spentWriter(db: DatabaseSync, path: string): string {
  const { ino, birthtimeNs } = statSync(path, { bigint: true })
  const file = `${ino}:${birthtimeNs}`
  const found = db.prepare('SELECT value FROM settings WHERE name = ?').get(named)
  const [name = '', of = file] = String(found?.value ?? '').split(' ')
  const writer = of === file && name !== '' ? name : randomBytes(8).toString('hex')
  const save = db.prepare('INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)')
  if (found?.value !== `${writer} ${file}`) synced(db, () => save.run(named, `${writer} ${file}`))
  return writer
}
