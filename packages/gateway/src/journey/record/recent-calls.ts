import type { CallRecord } from '../../kernel/record.ts'

/** The calls in flight and not yet durable, so that feedback finds a call before its Record is flushed. */
export interface RecentCalls {
  begin(id: string, consumer: string, reference: string | undefined): void
  /** Its Record was put, as the last of all. */
  kept(record: CallRecord): void
  /** The consumer of a recent call. */
  recentCall(id: string): { readonly consumer: string } | undefined
  /** The id of this consumer's latest recent call with this reference. */
  recentByReference(consumer: string, reference: string): string | undefined
}

const lookEvery = 256

/**
 * `waiting`: how many of the Records that were put are not durable yet, which are the last ones. Calls of feedback are few: they search
 * the Records. An index of the last 20,000 calls was 2 us a call, and as much again for collecting what it held.
 */
export function createRecentCalls(waiting: () => number): RecentCalls {
  /** Consumers by call id. */
  const inFlight = new Map<string, string>()
  const references = new Map<string, string>()
  /** In the order in which they were put. */
  let records: CallRecord[] = []
  /** So many of them, at the last look. They stay for another, as a reader may have looked into the store just before. */
  let durable = 0
  let lookAt = lookEvery

  const lookAgain = () => {
    records = records.slice(durable)
    durable = Math.max(0, records.length - waiting())
    lookAt = records.length + lookEvery
  }
  return {
    begin(id, consumer, reference) {
      inFlight.set(id, consumer)
      if (reference !== undefined) references.set(referenceKey(consumer, reference), id)
    },
    kept(record) {
      const { id, consumer, reference } = record
      inFlight.delete(id)
      if (reference !== undefined) {
        const key = referenceKey(consumer, reference)
        if (references.get(key) === id) references.delete(key)
      }
      if (records.push(record) >= lookAt) lookAgain()
    },
    recentCall(id) {
      const consumer = inFlight.get(id) ?? records.find((record) => record.id === id)?.consumer
      return consumer === undefined ? undefined : { consumer }
    },
    recentByReference: (consumer, reference) =>
      references.get(referenceKey(consumer, reference)) ??
      records.findLast((record) => record.reference === reference && record.consumer === consumer)?.id,
  }
}

function referenceKey(consumer: string, reference: string): string {
  return `${consumer}\0${reference}`
}
