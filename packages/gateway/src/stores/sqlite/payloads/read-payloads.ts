import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import type { PayloadFilter, PayloadsOf, StoredPayload } from '../../../kernel/payload.ts'
import { payloadsWhere } from './payload-rows.ts'

/** Of one page, which crosses threads as a whole. */
const pageCharactersMax = 4 * 1024 * 1024

export interface StoredPayloadPage {
  readonly payloads: readonly StoredPayload[]
  readonly next: string | undefined
}

export function payloadReader(db: DatabaseSync) {
  const byId = db.prepare('SELECT * FROM payloads WHERE call_id = ?')
  return {
    payload: (callId: string): StoredPayload | undefined => {
      const row = byId.get(callId)
      return row && payloadOf(row)
    },
    payloads: (filter: PayloadFilter): StoredPayloadPage => pageOf(db, filter),
    countPayloads: (of: PayloadsOf): number => {
      const { where, parameters } = payloadsWhere(of)
      return Number(db.prepare(`SELECT count(*) AS n FROM payloads ${where}`).get(...parameters)?.n)
    },
  }
}

function pageOf(db: DatabaseSync, filter: PayloadFilter): StoredPayloadPage {
  const limit = Math.min(Math.max(Math.trunc(filter.limit), 1), 1000)
  const { where, parameters } = payloadsWhere(filter)
  const after = filter.after === undefined ? undefined : placeOf(filter.after)
  const beyond = after ? 'AND (time, call_id) > (?, ?)' : ''
  const rows = db
    .prepare(`SELECT * FROM payloads ${where} ${beyond} ORDER BY time, call_id LIMIT ?`)
    .iterate(...parameters, ...(after ?? []), limit + 1)
  const payloads: StoredPayload[] = []
  let characters = 0
  for (const row of rows) {
    const last = payloads.at(-1)
    if (last && (payloads.length === limit || characters >= pageCharactersMax)) {
      return { payloads, next: `${last.time} ${last.callId}` }
    }
    const payload = payloadOf(row)
    characters += payload.inputs.length + payload.outputs.length
    payloads.push(payload)
  }
  return { payloads, next: undefined }
}

function placeOf(after: string): readonly [number, string] {
  const at = after.indexOf(' ')
  return [Number(after.slice(0, at)), after.slice(at + 1)]
}

function payloadOf(row: Readonly<Record<string, SQLOutputValue>>): StoredPayload {
  return {
    callId: String(row.call_id),
    time: Number(row.time),
    model: String(row.model),
    major: Number(row.major),
    version: String(row.version),
    redacted: row.redacted === 1,
    until: Number(row.until),
    inputs: String(row.inputs),
    outputs: String(row.outputs),
  }
}
