import type { DatabaseSync } from 'node:sqlite'
import type { CatalogText } from './write-state.ts'

/** Reads what management keeps. JSON is passed on as text: it crosses threads cheaper, and is parsed once. */
export function stateReader(db: DatabaseSync) {
  const newestCatalog = db.prepare('SELECT * FROM catalogs ORDER BY revision DESC LIMIT 1')
  const allKeys = db.prepare('SELECT hash, key FROM keys')
  const allKeyUses = db.prepare('SELECT id, time FROM key_uses')
  const settingNamed = db.prepare('SELECT value FROM settings WHERE name = ?')

  return {
    catalog(): CatalogText | undefined {
      const row = newestCatalog.get()
      if (!row) return undefined
      const { revision, time, state, digests } = row
      return { revision: Number(revision), time: Number(time), state: String(state), digests: String(digests) }
    },
    /** A JSON array of StoredKeys. */
    keys: (): string => `[${allKeys.all().map(({ hash, key }) => `{"hash":"${hash}","key":${key}}`)}]`,
    keyUses: (): ReadonlyMap<string, number> =>
      new Map(allKeyUses.all().map(({ id, time }) => [String(id), Number(time)])),
    setting: (name: string): string | undefined => settingNamed.get(name)?.value?.toString(),
  }
}
