/** Bounds what retries add to the load of a version whose replicas fail: without it, an overload would feed itself. */
export interface RetryBudget {
  /** A call begins. */
  call(now: number): void
  /** Pays for one retry; false when the budget is spent. */
  take(now: number, inFlight: number): boolean
}

const part = 0.2
/** 20 % of few calls is none: this pays for the death of one replica under a handful of callers. */
const floor = 10
/** Ten whole seconds and the one that runs: no ten seconds see more retries than the budget. */
const bucketCount = 11
const bucketMs = 1000

interface Bucket {
  second: number
  calls: number
  retries: number
}

/**
 * 20 % of the calls of the last 10 s, plus 10. Where calls last longer than that, of the calls in flight: all that a dead
 * replica drops at once want their retry.
 */
export function createRetryBudget(): RetryBudget {
  const ring: Bucket[] = Array.from({ length: bucketCount }, () => ({ second: -bucketCount, calls: 0, retries: 0 }))
  const bucketAt = (now: number): Bucket => {
    const second = Math.floor(now / bucketMs)
    const bucket = ring[second % bucketCount] as Bucket
    if (bucket.second !== second) {
      bucket.second = second
      bucket.calls = 0
      bucket.retries = 0
    }
    return bucket
  }
  return {
    call(now) {
      bucketAt(now).calls++
    },
    take(now, inFlight) {
      const present = bucketAt(now)
      let calls = 0
      let retries = 0
      for (const bucket of ring) {
        if (bucket.second <= present.second - bucketCount) continue
        calls += bucket.calls
        retries += bucket.retries
      }
      if (retries + 1 > part * Math.max(calls, inFlight) + floor) return false
      present.retries++
      return true
    },
  }
}
