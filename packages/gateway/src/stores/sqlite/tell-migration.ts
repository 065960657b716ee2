import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { StoreLog } from '../record-queue.ts'
import { dataFiles } from './data-folder.ts'
import { migrations } from './migrations.ts'

/** Smaller ones are brought up to date before anybody wonders. */
const tellFromBytes = 64 * 1024 * 1024
/** https://www.sqlite.org/fileformat2.html#the_database_header */
const header = { bytes: 100, userVersionAt: 60 } as const

/**
 * Says beforehand that a start takes longer because a large database is brought to a newer schema. Never rejects. For before the database
 * is opened: to close any file ends the locks that this process holds on it.
 */
export async function tellMigration(
  folder: string,
  log: StoreLog | undefined,
  fromBytes = tellFromBytes,
): Promise<void> {
  const file = await open(join(folder, dataFiles.database)).catch(() => undefined)
  if (!file) return
  try {
    const { size: bytes } = await file.stat()
    if (bytes < Math.max(fromBytes, header.bytes)) return
    const { buffer } = await file.read(Buffer.alloc(header.bytes), 0, header.bytes, 0)
    const from = buffer.readUInt32BE(header.userVersionAt)
    const to = migrations.length
    if (from < to) log?.info({ from, to, bytes }, `bringing the database to schema ${to}, which can take minutes`)
  } catch {
    // Whatever is wrong with it, opening it tells.
  } finally {
    await file.close()
  }
}
