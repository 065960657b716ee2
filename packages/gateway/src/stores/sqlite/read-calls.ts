import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { AstraError } from '../../kernel/errors.ts'
import type { CallRecord, Feedback } from '../../kernel/record.ts'
import type { CallFilter, CallPage } from '../../kernel/store.ts'
import { callOf, callSelection, type Row } from './call-row.ts'

type Condition = keyof Omit<CallFilter, 'limit' | 'before'>

/** The latest first; ids are UUIDs of version 7, so within one ms they go by age too. */
const newestFirst = 'ORDER BY time DESC, id DESC LIMIT ?'

/** Each says "not ok" where it can, so that the index of failures may serve it. */
const conditions: Readonly<Record<Condition, (value: unknown) => string>> = {
  model: () => 'model = ?',
  version: () => 'coalesce(version_served, version_assigned) = ?',
  consumer: () => 'consumer = ?',
  outcome: (value) => (value === 'ok' ? 'outcome = ?' : `outcome = ? AND outcome <> 'ok'`),
  code: () => `code = ? AND outcome <> 'ok'`,
  reference: () => 'reference = ?',
  from: () => 'time >= ?',
  to: () => 'time < ?',
}

/** Reads calls and what was said of them. */
export function callReader(db: DatabaseSync) {
  const byId = db.prepare(`SELECT ${callSelection} FROM calls WHERE id = ?`)
  const byReference = db.prepare(
    `SELECT ${callSelection} FROM calls WHERE consumer = ? AND reference = ? ${newestFirst}`,
  )
  const feedbackOf = db.prepare('SELECT * FROM feedback WHERE call_id = ? ORDER BY time, metric, source')

  return {
    call: (id: string): CallRecord | undefined => first(byId.all(id)),
    callByReference: ({ consumer, reference }: { readonly consumer: string; readonly reference: string }) =>
      first(byReference.all(consumer, reference, 1)),
    calls(filter: CallFilter): CallPage {
      const limit = Math.min(Math.max(Math.trunc(filter.limit), 1), 1000)
      const { where, parameters } = whereOf(db, filter)
      const from = `calls INDEXED BY ${indexFor(filter)}`
      const rows = db
        .prepare(`SELECT ${callSelection} FROM ${from} ${where} ${newestFirst}`)
        .all(...parameters, limit + 1)
      const calls = rows.slice(0, limit).map(callOf)
      return { calls, next: rows.length > limit ? calls.at(-1)?.id : undefined }
    },
    feedback: (callId: string): readonly Feedback[] => feedbackOf.all(callId).map(feedbackFrom),
  }
}

/** Left to itself SQLite reads the whole table and sorts it when it sees a filter; the latest calls are seldom far away. */
function indexFor({ consumer, reference, outcome, code }: CallFilter): string {
  if (consumer !== undefined && reference !== undefined) return 'calls_reference'
  return code !== undefined || (outcome !== undefined && outcome !== 'ok') ? 'calls_not_ok' : 'calls_time'
}

function whereOf(db: DatabaseSync, filter: CallFilter): { where: string; parameters: SQLInputValue[] } {
  const terms: string[] = []
  const parameters: SQLInputValue[] = []
  for (const [name, term] of Object.entries(conditions)) {
    const value = filter[name as Condition]
    if (value === undefined) continue
    terms.push(term(value))
    parameters.push(value)
  }
  if (filter.before !== undefined) {
    const before = db.prepare('SELECT time FROM calls WHERE id = ?').get(filter.before)
    if (!before) throw new AstraError('unknown_call', { detail: 'No call has the id that "before" names' })
    terms.push('(time, id) < (?, ?)')
    parameters.push(before.time ?? null, filter.before)
  }
  return { where: terms.length > 0 ? `WHERE ${terms.join(' AND ')}` : '', parameters }
}

function first(rows: readonly Row[]): CallRecord | undefined {
  return rows[0] && callOf(rows[0])
}

function feedbackFrom(row: Row): Feedback {
  const text = (name: string): string => String(row[name])
  return {
    callId: text('call_id'),
    metric: text('metric'),
    value: JSON.parse(text('value')),
    source: text('source') as Feedback['source'],
    comment: row.comment === null ? undefined : text('comment'),
    time: Number(row.time),
    consumer: text('consumer'),
  }
}
