import assert from 'node:assert/strict'
import { describe, it, mock } from 'node:test'
import { startDeadline } from './deadline.ts'

describe('startDeadline', () => {
  it('aborts with timeout at its limit and not before', () => {
    mock.timers.enable({ apis: ['setTimeout'] })
    try {
      const { signal } = startDeadline(new AbortController().signal, 1000)
      mock.timers.tick(999)
      assert.equal(signal.aborted, false)
      mock.timers.tick(1)
      assert.equal(signal.reason.code, 'timeout')
    } finally {
      mock.timers.reset()
    }
  })

  it('aborts with cancelled when the caller leaves, even before it began', () => {
    const caller = new AbortController()
    const deadline = startDeadline(caller.signal, 1000)
    caller.abort()
    assert.equal(deadline.signal.reason.code, 'cancelled')
    deadline.clear()
    const late = startDeadline(caller.signal, 1000)
    assert.equal(late.signal.reason.code, 'cancelled')
    late.clear()
  })

  it('forgets both once cleared', () => {
    mock.timers.enable({ apis: ['setTimeout'] })
    try {
      const caller = new AbortController()
      const deadline = startDeadline(caller.signal, 1000)
      deadline.clear()
      caller.abort()
      mock.timers.tick(2000)
      assert.equal(deadline.signal.aborted, false)
    } finally {
      mock.timers.reset()
    }
  })
})
