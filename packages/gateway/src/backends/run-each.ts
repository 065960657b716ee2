/** Requests that one call may have in flight when its items do not fit into one. */
const requestsMax = 4

/** A few at a time, so that one call does not take every connection. */
export async function runEach<T>(parts: readonly T[], run: (part: T) => Promise<void>): Promise<void> {
  const [first] = parts
  if (first !== undefined && parts.length === 1) return run(first)
  const left = parts.values()
  const lane = async () => {
    for (const part of left) await run(part)
  }
  await Promise.all(Array.from({ length: Math.min(parts.length, requestsMax) }, lane))
}
