import { mock } from 'node:test'
import type { FakeClock } from './fake-clock.ts'

const stepMs = 50

/** Lets a fake clock and the mocked timers go on together, with whatever follows from each step. */
export async function passTime(clock: FakeClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    await new Promise((resolve) => setImmediate(resolve))
    clock.advance(stepMs)
    mock.timers.tick(stepMs)
  }
  await new Promise((resolve) => setImmediate(resolve))
}
