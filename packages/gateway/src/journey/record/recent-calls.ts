import type { CallRecord } from '../../kernel/record.ts'
import { TransientMap } from '../../kernel/transient-map.ts'

/** The calls in flight and not yet durable, so that feedback finds a call before its Record is flushed. */
export interface RecentCalls {
  begin(id: string, call: RecentCall, reference: string | undefined): void
  /** Its Record was put, as the last of all. */
  kept(record: CallRecord): void
  recentCall(id: string): RecentCall | undefined
  /** The Record of a recent call that has ended. */
  recentRecord(id: string): CallRecord | undefined
  /** The id of this consumer's latest recent call with this reference. */
  recentByReference(consumer: string, reference: string): string | undefined
}

/** Whose it is, and of what: the model as the caller named it. */
export type RecentCall = Pick<CallRecord, 'consumer' | 'model' | 'major'>

const lookEvery = 256

/**
 * `waiting`: how many of the Records that were put are not durable yet, which are the last ones. An index of the last 20,000 calls was
 * 2 us a call, and as much again for collecting what it held, though calls of feedback are few: so it grows when one looks into it, by
 * what came since the look before.
 */
export function createRecentCalls(waiting: () => number): RecentCalls {
  const inFlight = new TransientMap<string, RecentCall>()
  const references = new TransientMap<string, string>()
  /** In the order in which they were put. */
  let records: CallRecord[] = []
  /** Of the first so many of them: by call id, and by reference those that came latest, which need not have ended latest. */
  let indexed = 0
  const byId = new Map<string, CallRecord>()
  const byReference = new Map<string, CallRecord>()
  /** So many of them, at the last look. They stay for another, as a reader may have looked into the store just before. */
  let durable = 0
  let lookAt = lookEvery

  const index = () => {
    for (; indexed < records.length; indexed++) {
      const record = records[indexed]
      if (!record) return
      byId.set(record.id, record)
      if (record.reference === undefined) continue
      const key = referenceKey(record.consumer, record.reference)
      const other = byReference.get(key)
      if (!other || other.time <= record.time) byReference.set(key, record)
    }
  }
  const forget = (record: CallRecord) => {
    const { id, consumer, reference } = record
    byId.delete(id)
    if (reference !== undefined) deleteOwn(byReference, referenceKey(consumer, reference), record)
  }
  const lookAgain = () => {
    for (const record of records.slice(0, Math.min(indexed, durable))) forget(record)
    indexed = Math.max(0, indexed - durable)
    records = records.slice(durable)
    durable = Math.max(0, records.length - waiting())
    lookAt = records.length + lookEvery
  }
  return {
    begin(id, call, reference) {
      inFlight.set(id, call)
      if (reference !== undefined) references.set(referenceKey(call.consumer, reference), id)
    },
    kept(record) {
      const { id, consumer, reference } = record
      inFlight.delete(id)
      if (reference !== undefined) deleteOwn(references, referenceKey(consumer, reference), id)
      if (records.push(record) >= lookAt) lookAgain()
    },
    recentCall(id) {
      const begun = inFlight.get(id)
      if (begun) return begun
      index()
      return byId.get(id)
    },
    recentRecord(id) {
      index()
      return byId.get(id)
    },
    recentByReference(consumer, reference) {
      index()
      const key = referenceKey(consumer, reference)
      return references.get(key) ?? byReference.get(key)?.id
    },
  }
}

/** A later call may have taken it. */
function deleteOwn<Value>(by: Pick<Map<string, Value>, 'get' | 'delete'>, key: string, own: Value): void {
  if (by.get(key) === own) by.delete(key)
}

function referenceKey(consumer: string, reference: string): string {
  return `${consumer}\0${reference}`
}
