import type { DatabaseSync } from 'node:sqlite'
import { AstraError } from '../../kernel/errors.ts'
import { transact } from './open-database.ts'

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
  const upsertSetting = db.prepare('INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)')

  function synced(write: () => void): void {
    db.exec('PRAGMA synchronous = FULL')
    try {
      transact(db, write)
    } finally {
      db.exec('PRAGMA synchronous = NORMAL')
    }
  }

  return {
    saveCatalog: ({ revision, time, state, digests }: CatalogText) =>
      synced(() => {
        const newest = Number(newestRevision.get()?.newest ?? 0)
        if (revision !== newest + 1) {
          const detail = `Catalog revision ${revision} does not follow the newest one, ${newest}`
          throw new AstraError('conflict', { detail })
        }
        insertCatalog.run(revision, time, state, digests)
        forgetCatalogs.run(revision - revisionsKept)
      }),
    saveKey: ({ hash, key }: { readonly hash: string; readonly key: string }) =>
      synced(() => void upsertKey.run(hash, key)),
    saveSetting: ({ name, value }: { readonly name: string; readonly value: string }) =>
      synced(() => void upsertSetting.run(name, value)),
  }
}
