/** The calls in flight and not yet durable, so that feedback finds a call before its Record is flushed. */
export interface RecentCalls {
  add(id: string, consumer: string, reference: string | undefined): void
  /** The consumer of a recent call. */
  recentCall(id: string): { readonly consumer: string } | undefined
  /** The id of this consumer's latest recent call with this reference. */
  recentByReference(consumer: string, reference: string): string | undefined
}

interface Generation {
  /** Consumers by call id. */
  readonly calls: Map<string, string>
  readonly references: Map<string, string>
}

/**
 * Two generations of at most `callsMax` calls each; when the younger is full, the older is let go. `callsMax` must exceed the
 * number of Records that may wait for the store, else a call could be forgotten before it is durable.
 */
export function createRecentCalls(callsMax: number): RecentCalls {
  let young = generation()
  let old = generation()
  return {
    add(id, consumer, reference) {
      if (young.calls.size >= callsMax) {
        old = young
        young = generation()
      }
      young.calls.set(id, consumer)
      if (reference !== undefined) young.references.set(referenceKey(consumer, reference), id)
    },
    recentCall(id) {
      const consumer = young.calls.get(id) ?? old.calls.get(id)
      return consumer === undefined ? undefined : { consumer }
    },
    recentByReference(consumer, reference) {
      const key = referenceKey(consumer, reference)
      return young.references.get(key) ?? old.references.get(key)
    },
  }
}

function generation(): Generation {
  return { calls: new Map(), references: new Map() }
}

function referenceKey(consumer: string, reference: string): string {
  return `${consumer}\0${reference}`
}
