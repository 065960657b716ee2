import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'

/** Holds as soon as `condition` does; fails when it does not within `ms` of real time. */
export async function eventually(condition: () => boolean, ms: number, what: string): Promise<void> {
  const until = performance.now() + ms
  while (!condition()) {
    assert.ok(performance.now() < until, `within ${ms} ms: ${what}`)
    await setImmediate()
  }
}
