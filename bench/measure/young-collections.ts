/** The collections of the young generation in a time. */
export interface YoungCollections {
  readonly count: number
  /** On the main thread, mean. */
  readonly ms: number
  /**
   * Of the bytes that were allocated since the collection before: what was alive or taken for it. Of calls that end within milliseconds
   * next to nothing is; more means that something that outlives them, or is dead and old itself, knows them.
   */
  readonly leftShare: number
}

// [pid:isolate] 921 ms: Scavenge 21.4 (31.1) -> 3.6 (28.9) MB, pooled: 17.0 MB, 1.40 / 0.00 ms …
const line = /^\[\d+:(0x\w+)\]\s+\d+ ms: (.*?) ([\d.]+) \([\d.]+\) -> ([\d.]+) \([\d.]+\) MB, .*?([\d.]+) \/ [\d.]+ ms/

/** What `node --trace-gc` printed, of the thread that collected most often. Undefined where none did twice. */
export function youngCollections(lines: readonly string[]): YoungCollections | undefined {
  const threads = new Map<string, { count: number; ms: number; allocated: number; left: number; last: number }>()
  for (const one of lines) {
    const [, isolate = '', kind, before, after, ms] = line.exec(one) ?? []
    if (kind === undefined) continue
    const known = threads.get(isolate)
    const thread = known ?? { count: 0, ms: 0, allocated: 0, left: 0, last: Number(after) }
    threads.set(isolate, thread)
    if (known && kind === 'Scavenge') {
      thread.count++
      thread.ms += Number(ms)
      thread.allocated += Number(before) - thread.last
      thread.left += Number(after) - thread.last
    }
    thread.last = Number(after)
  }
  const [busiest] = [...threads.values()].sort((one, other) => other.count - one.count)
  if (!busiest || busiest.count === 0) return undefined
  const { count, ms, allocated, left } = busiest
  return { count, ms: ms / count, leftShare: allocated > 0 ? Math.max(0, left / allocated) : 0 }
}
