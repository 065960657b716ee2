import assert from 'node:assert/strict'
import { describe, it, mock } from 'node:test'
import { AstraError } from '../../kernel/errors.ts'
import { startDeadline } from './deadline.ts'

describe('startDeadline', () => {
  it('aborts the present attempt with timeout at its limit and not before', () => {
    mock.timers.enable({ apis: ['setTimeout'] })
    try {
      const deadline = startDeadline(new AbortController().signal, 1000)
      const first = deadline.attempt()
      const signal = deadline.attempt()
      mock.timers.tick(999)
      assert.equal(signal.aborted, false)
      mock.timers.tick(1)
      assert.equal(signal.reason?.code, 'timeout')
      assert.equal(signal.reason?.facts.hurried, false)
      assert.equal(first.aborted, false, 'an attempt that has ended is left alone')
    } finally {
      mock.timers.reset()
    }
  })

  it('ends with what is left of the limit, and tells the limit', () => {
    mock.timers.enable({ apis: ['setTimeout'] })
    try {
      const signal = startDeadline(new AbortController().signal, 1000, 299.7).attempt()
      mock.timers.tick(298)
      assert.equal(signal.aborted, false)
      mock.timers.tick(2)
      assert.equal(signal.reason?.message, 'The time limit of 1000 ms ran out')
    } finally {
      mock.timers.reset()
    }
  })

  it('aborts with cancelled when the caller leaves, even before it began', () => {
    const caller = new AbortController()
    const deadline = startDeadline(caller.signal, 1000)
    const signal = deadline.attempt()
    caller.abort()
    assert.equal(signal.reason?.code, 'cancelled')
    deadline.clear()
    const late = startDeadline(caller.signal, 1000)
    assert.equal(late.attempt().reason?.code, 'cancelled')
    late.clear()
  })

  it('goes on when an attempt is aborted alone', () => {
    const deadline = startDeadline(new AbortController().signal, 1000)
    deadline.attempt().abort(new AstraError('cancelled'))
    assert.equal(deadline.attempt().aborted, false)
    deadline.clear()
  })

  it('forgets both once cleared', () => {
    mock.timers.enable({ apis: ['setTimeout'] })
    try {
      const caller = new AbortController()
      const deadline = startDeadline(caller.signal, 1000)
      const signal = deadline.attempt()
      deadline.clear()
      caller.abort()
      mock.timers.tick(2000)
      assert.equal(signal.aborted, false)
    } finally {
      mock.timers.reset()
    }
  })
})
