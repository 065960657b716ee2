import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { dataFiles, dataFolderError } from './data-folder.ts'
import { judgeReader, shadowReader } from './day-sums.ts'
import { driftReader } from './drift/drift-sketches.ts'
import { evaluationReader } from './evaluations/evaluation-rows.ts'
import { evidenceReader } from './evidence/read-evidence.ts'
import { lockDataFolder } from './lock-data-folder.ts'
import { payloadReader } from './payloads/read-payloads.ts'
import { auditReader } from './read-audit.ts'
import { callReader } from './read-calls.ts'
import { spentReader } from './read-spent.ts'
import { stateReader } from './read-state.ts'
import { usageReader } from './read-usage.ts'
import { serveOperations } from './serve-operations.ts'
import { setReader } from './sets/read-sets.ts'

export type ReaderOperations = ReturnType<typeof readerOperations>

/**
 * The reader worker. It also holds the folder's lock, because it starts first, ends last, and stays while a writer that
 * crashed is replaced. It opens the database at the first ask: the writer has made and migrated it by then.
 */
serveOperations(({ folder, owner }) => {
  try {
    lockDataFolder(folder, owner)
    return () => readerOperations(join(folder, dataFiles.database))
  } catch (thrown) {
    throw dataFolderError(folder, thrown)
  }
})

function readerOperations(path: string) {
  const db = new DatabaseSync(path, { readOnly: true, timeout: 1000 })
  return {
    ...callReader(db),
    ...usageReader(db),
    spent: spentReader(db),
    ...evidenceReader(db),
    shadow: shadowReader(db),
    judges: judgeReader(db),
    drift: driftReader(db),
    ...evaluationReader(db),
    ...setReader(db),
    ...payloadReader(db),
    ...stateReader(db),
    audit: auditReader(db),
    /** Lets go of the database, so that the writer is the last to close it. The lock stays until the worker ends. */
    close: () => db.close(),
  }
}
