import type { DatabaseSync } from 'node:sqlite'
import { AstraError } from '../../kernel/errors.ts'
import { synced, transact } from './open-database.ts'

/** A StoredCatalog whose larger parts are JSON already. */
export interface CatalogText {
  readonly revision: number
  readonly time: number
  readonly state: string
  readonly digests: string
}

const revisionsKept = 100

/**
 * What management writes. Unlike Records it is synced to the disk before it is acknowledged (and with it all that was
 * committed before): a loss of power must not bring a revoked key back.
 */
export function stateWriter(db: DatabaseSync) {
  const newestRevision = db.prepare('SELECT max(revision) AS newest FROM catalogs')
  const insertCatalog = db.prepare('INSERT INTO catalogs (revision, time, state, digests) VALUES (?, ?, ?, ?)')
  const forgetCatalogs = db.prepare('DELETE FROM catalogs WHERE revision <= ?')
  const upsertKey = db.prepare('INSERT OR REPLACE INTO keys (hash, key) VALUES (?, ?)')
  const upsertKeyUse = db.prepare('INSERT OR REPLACE INTO key_uses (id, time) VALUES (?, ?)')
  const insertSetting = db.prepare('INSERT OR IGNORE INTO settings (name, value) VALUES (?, ?)')
  const settingNamed = db.prepare('SELECT value FROM settings WHERE name = ?')
  const upsertSetting = db.prepare('INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)')

  return {
    saveCatalog: ({ revision, time, state, digests }: CatalogText) =>
      synced(db, () => {
        const newest = Number(newestRevision.get()?.newest ?? 0)
        if (revision !== newest + 1) {
          const detail = `Catalog revision ${revision} does not follow the newest one, ${newest}`
          throw new AstraError('conflict', { detail })
        }
        insertCatalog.run(revision, time, state, digests)
        forgetCatalogs.run(revision - revisionsKept)
      }),
    saveKeys: (keys: readonly { readonly hash: string; readonly key: string }[]) =>
      synced(db, () => {
        for (const { hash, key } of keys) upsertKey.run(hash, key)
      }),
    saveKeyUses: (uses: ReadonlyMap<string, number>) =>
      transact(db, () => {
        for (const [id, time] of uses) upsertKeyUse.run(id, time)
      }),
    saveSetting: ({ name, value }: { readonly name: string; readonly value: string }) =>
      synced(db, () => void upsertSetting.run(name, value)),
    /** Of writers in several processes, too, one is first: the transaction takes the write lock before it looks. */
    settingOr: ({ name, value }: { readonly name: string; readonly value: string }) =>
      synced(db, () => {
        insertSetting.run(name, value)
        return String(settingNamed.get(name)?.value)
      }),
  }
}
