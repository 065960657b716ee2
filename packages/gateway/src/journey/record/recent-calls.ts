import type { CallRecord } from '../../kernel/record.ts'
import type { RecordSink } from '../../kernel/store.ts'
import { TransientMap } from '../../kernel/transient-map.ts'

/** The calls in flight and not yet durable, so that feedback finds a call before its Record is flushed. */
export interface RecentCalls {
  begin(id: string, call: RecentCall, reference: string | undefined): void
  /** Its Record was put. */
  kept(record: Pick<CallRecord, 'id' | 'consumer' | 'reference'>): void
  recentCall(id: string): RecentCall | undefined
  /** The Record of a recent call that has ended. */
  recentRecord(id: string): CallRecord | undefined
  /** The id of this consumer's latest recent call with this reference. */
  recentByReference(consumer: string, reference: string): string | undefined
}

/** Whose it is, and of what: the model as the caller named it. */
export type RecentCall = Pick<CallRecord, 'consumer' | 'model' | 'major'>

/** `records`: of the calls that have ended. */
export function createRecentCalls(records: Pick<RecordSink, 'recent' | 'recentByReference'>): RecentCalls {
  const inFlight = new TransientMap<string, RecentCall>()
  const references = new TransientMap<string, string>()
  return {
    begin(id, call, reference) {
      inFlight.set(id, call)
      if (reference !== undefined) references.set(referenceKey(call.consumer, reference), id)
    },
    kept({ id, consumer, reference }) {
      inFlight.delete(id)
      if (reference === undefined) return
      const key = referenceKey(consumer, reference)
      // A later call may have taken it.
      if (references.get(key) === id) references.delete(key)
    },
    recentCall: (id) => inFlight.get(id) ?? records.recent(id),
    recentRecord: (id) => records.recent(id),
    recentByReference: (consumer, reference) =>
      references.get(referenceKey(consumer, reference)) ?? records.recentByReference(consumer, reference)?.id,
  }
}

function referenceKey(consumer: string, reference: string): string {
  return `${consumer}\0${reference}`
}
