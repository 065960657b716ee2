import type { DatabaseSync } from 'node:sqlite'
import {
  type Evaluation,
  type EvaluationFilter,
  type EvaluationRow,
  type EvaluationStore,
  evaluationsMax,
} from '../../../kernel/evaluation.ts'
import { transact } from '../open-database.ts'
import type { ReaderOperations } from '../reader.ts'
import type { WorkerLink } from '../worker-link.ts'
import type { WriterOperations } from '../writer.ts'

/** Their ids sort by time. */
export function evaluationWriter(db: DatabaseSync) {
  const upsert = db.prepare('INSERT OR REPLACE INTO evaluations (id, model, head, report) VALUES (?, ?, ?, ?)')
  const forget = db.prepare(
    'DELETE FROM evaluations WHERE id IN (SELECT id FROM evaluations ORDER BY id DESC LIMIT -1 OFFSET ?)',
  )
  const remove = db.prepare('DELETE FROM evaluations WHERE id = ?')
  return {
    save: ({ report, ...head }: Evaluation): void =>
      transact(db, () => {
        upsert.run(head.id, head.model, JSON.stringify(head), report ? JSON.stringify(report) : null)
        forget.run(evaluationsMax)
      }),
    remove: (id: string): boolean => remove.run(id).changes > 0,
  }
}

export function evaluationReader(db: DatabaseSync) {
  const one = db.prepare('SELECT head, report FROM evaluations WHERE id = ?')
  const all = db.prepare(`
    SELECT head FROM evaluations WHERE (?1 IS NULL OR model = ?1) AND (?2 IS NULL OR id < ?2) ORDER BY id DESC LIMIT ?3`)
  return {
    evaluation(id: string): Evaluation | undefined {
      const row = one.get(id)
      if (!row) return undefined
      const head: EvaluationRow = JSON.parse(String(row.head))
      return row.report === null ? head : { ...head, report: JSON.parse(String(row.report)) }
    },
    evaluations: ({ model, limit, before }: EvaluationFilter): readonly EvaluationRow[] =>
      all.all(model ?? null, before ?? null, limit).map(({ head }) => JSON.parse(String(head))),
  }
}

export function evaluationStore(
  writer: WorkerLink<WriterOperations>,
  reader: WorkerLink<ReaderOperations>,
): EvaluationStore {
  return {
    save: (evaluation) => writer.ask('saveEvaluation', evaluation),
    evaluation: (id) => reader.ask('evaluation', id),
    list: (filter) => reader.ask('evaluations', filter),
    remove: (id) => writer.ask('removeEvaluation', id),
  }
}
