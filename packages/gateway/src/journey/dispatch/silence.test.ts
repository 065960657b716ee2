import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it, mock } from 'node:test'
import fc from 'fast-check'
import type { AstraError } from '../../kernel/errors.ts'
import { watchSilence } from './silence.ts'

const limits = { firstByteMs: 1000, idleMs: 300 }

function watch() {
  let now = 0
  const stalls: { at: number; error: AstraError }[] = []
  const silence = watchSilence(limits, { elapsed: () => now }, (error) => stalls.push({ at: now, error }))
  const pass = (ms: number) => {
    for (let i = 0; i < ms; i++) {
      now++
      mock.timers.tick(1)
    }
  }
  return { silence, stalls, pass, now: () => now }
}

describe('a silent stream', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }))
  afterEach(() => mock.timers.reset())

  it('has the first limit until anything comes, and says so in seconds', () => {
    const { stalls, pass } = watch()
    pass(999)
    assert.equal(stalls.length, 0)
    pass(1)
    assert.equal(stalls[0]?.error.code, 'upstream_stalled')
    assert.equal(stalls[0]?.error.message, 'The model sent nothing for 1 s')
    assert.match(stalls[0]?.error.facts.reason ?? '', /limits\.firstByte/)
    pass(5000)
    assert.equal(stalls.length, 1)
  })

  it('has the other one from each thing to the next', () => {
    const { silence, stalls, pass, now } = watch()
    for (let i = 0; i < 20; i++) {
      pass(299)
      silence.heard()
      silence.wait()
    }
    assert.equal(stalls.length, 0)
    const last = now()
    pass(1000)
    assert.deepEqual(
      stalls.map(({ at, error }) => [at - last, error.message]),
      [[300, 'The model sent nothing for 0.3 s']],
    )
  })

  it('is not held against upstream while its reader is slow', () => {
    const { silence, stalls, pass } = watch()
    silence.heard()
    pass(100_000)
    silence.wait()
    pass(299)
    assert.equal(stalls.length, 0)
    pass(1)
    assert.equal(stalls.length, 1)
  })

  it('is no longer watched once it has stopped', () => {
    const { silence, stalls, pass } = watch()
    silence.heard()
    silence.wait()
    silence.stop()
    pass(10_000)
    assert.equal(stalls.length, 0)
  })

  it('is found exactly at its limit, however things come', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ silentMs: fc.nat(350), readMs: fc.nat(700) }), { maxLength: 8 }), (pieces) => {
        const { silence, stalls, pass, now } = watch()
        let expected: number | undefined
        pieces.forEach(({ silentMs, readMs }, i) => {
          const limitMs = i === 0 ? limits.firstByteMs : limits.idleMs
          if (expected !== undefined) return
          if (silentMs >= limitMs) expected = now() + limitMs
          pass(silentMs)
          if (expected !== undefined) return
          silence.heard()
          pass(readMs)
          silence.wait()
        })
        expected ??= now() + (pieces.length === 0 ? limits.firstByteMs : limits.idleMs)
        pass(1100)
        silence.stop()
        assert.deepEqual(
          stalls.map(({ at }) => at),
          [expected],
        )
      }),
      { numRuns: 50 },
    )
  })
})
