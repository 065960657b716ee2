import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { dataFiles, dataFolderError } from './data-folder.ts'
import { judgeWriter, shadowWriter } from './day-sums.ts'
import { driftForgetter, driftWriter } from './drift/drift-sketches.ts'
import { evaluationWriter } from './evaluations/evaluation-rows.ts'
import { evidenceForgetter } from './evidence/forget-evidence.ts'
import { fileInPlace } from './file-in-place.ts'
import { openDatabase } from './open-database.ts'
import { payloadWriter } from './payloads/write-payloads.ts'
import { serveOperations } from './serve-operations.ts'
import { setWriter } from './sets/write-sets.ts'
import { spentWriter } from './spent-writer.ts'
import { auditWriter } from './write-audit.ts'
import { batchWriter } from './write-batch.ts'
import { stateWriter } from './write-state.ts'

export type WriterOperations = ReturnType<typeof writerOperations>

/** The writer worker: the only thread that changes the database. */
serveOperations(({ folder }) => {
  try {
    const path = join(folder, dataFiles.database)
    const db = openDatabase(path)
    const checkFile = fileInPlace(path)
    const batch = batchWriter(db, spentWriter(db, path))
    return () => writerOperations(db, batch, checkFile)
  } catch (thrown) {
    throw dataFolderError(folder, thrown)
  }
})

function writerOperations(db: DatabaseSync, batch: ReturnType<typeof batchWriter>, checkFile: () => void) {
  const checked =
    <T, R>(write: (input: T) => R) =>
    (input: T): R => {
      checkFile()
      return write(input)
    }
  const { putPayloads, forgetPayloads, expirePayloads } = payloadWriter(db)
  const { saveCatalog, saveKeys, saveKeyUses, saveSetting, settingOr } = stateWriter(db)
  const { putSet, removeSet, saveGateResult } = setWriter(db)
  const evaluations = evaluationWriter(db)
  return {
    batch: checked(batch),
    saveCatalog: checked(saveCatalog),
    saveKeys: checked(saveKeys),
    saveKeyUses: checked(saveKeyUses),
    appendAudit: checked(auditWriter(db)),
    saveSetting: checked(saveSetting),
    settingOr: checked(settingOr),
    addShadow: checked(shadowWriter(db)),
    addJudges: checked(judgeWriter(db)),
    addDrift: checked(driftWriter(db)),
    saveEvaluation: checked(evaluations.save),
    removeEvaluation: checked(evaluations.remove),
    forgetDrift: checked(driftForgetter(db)),
    putSet: checked(putSet),
    removeSet: checked(removeSet),
    saveGateResult: checked(saveGateResult),
    putPayloads: checked(putPayloads),
    forgetPayloads: checked(forgetPayloads),
    expirePayloads: checked(expirePayloads),
    /** Whether there may be more of it. */
    forgetEvidence: checked(evidenceForgetter(db)),
    /** The last to close folds the write-ahead log into the database. */
    close: () => db.close(),
  }
}
