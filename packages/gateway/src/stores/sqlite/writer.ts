import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { dataFiles, dataFolderError } from './data-folder.ts'
import { openDatabase } from './open-database.ts'
import { serveOperations } from './serve-operations.ts'
import { batchWriter } from './write-batch.ts'
import { stateWriter } from './write-state.ts'

export type WriterOperations = ReturnType<typeof writerOperations>

/** The writer worker: the only thread that changes the database. */
serveOperations(({ folder }) => {
  try {
    const db = openDatabase(join(folder, dataFiles.database))
    return () => writerOperations(db)
  } catch (thrown) {
    throw dataFolderError(folder, thrown)
  }
})

function writerOperations(db: DatabaseSync) {
  return {
    batch: batchWriter(db),
    ...stateWriter(db),
    /** The last to close folds the write-ahead log into the database. */
    close: () => db.close(),
  }
}
