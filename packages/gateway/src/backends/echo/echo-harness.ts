import type { BackendHarness } from '../testing/backend-harness.ts'
import { fixtureVersion } from '../testing/fixture-version.ts'
import { createEchoBackend } from './echo.ts'
import { wait as realWait, type Wait } from './wait.ts'

/** What runs is what waits: the echo has no upstream but time. */
export async function openEcho(): Promise<BackendHarness> {
  let running = 0
  const wait: Wait = async (ms, signal) => {
    running++
    try {
      await realWait(ms, signal)
    } finally {
      running--
    }
  }
  const input = (n: number, echo?: object) => ({ text: `the ${n}th input`, ...(echo ? { echo } : {}) })
  return {
    backend: createEchoBackend({ wait }),
    version: fixtureVersion('echo', { words: 'text', scripted: true }),
    replica: 'gateway',
    input,
    output: (n) => input(n),
    chunks: (n) => [{ text: 'the ' }, { text: `${n}th ` }, { text: 'input' }],
    misbehaving: {
      refused: input(0, { fail: 'refused' }),
      unavailable: input(0, { fail: 'unavailable' }),
      failed: input(0, { fail: 'failed' }),
      hang: input(0, { hangAfter: 0 }),
      cut: input(0, { cutAfter: 1 }),
      stall: input(0, { hangAfter: 1 }),
    },
    privateWords: 'the echo was told',
    running: () => running,
    close: async () => {},
  }
}
