import { setTimeout as pause } from 'node:timers/promises'

/** Looks every 50 ms; rejects with `what` when it did not come true in time. */
export async function waitUntil(
  what: string,
  holds: () => Promise<boolean> | boolean,
  withinMs: number,
): Promise<void> {
  const until = performance.now() + withinMs
  while (!(await holds())) {
    if (performance.now() > until) throw new Error(`not within ${withinMs} ms: ${what}`)
    await pause(50)
  }
}
