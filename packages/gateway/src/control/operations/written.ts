import { setTimeout } from 'node:timers/promises'
import type { RecordSink } from '../../kernel/store.ts'

const waitMs = 500

/** Resolves when the Records of calls that have ended can be read, or soon after: a store that hangs must not make readers hang. */
export async function written(records: Pick<RecordSink, 'flush'>): Promise<void> {
  await Promise.race([records.flush(), setTimeout(waitMs, undefined, { ref: false })])
}
