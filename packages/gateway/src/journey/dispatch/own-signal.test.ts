import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { abortSignalOf } from '../../kernel/attempt-signal.ts'
import { AstraError } from '../../kernel/errors.ts'
import { OwnSignal } from './own-signal.ts'

const reason = new AstraError('cancelled')
const other = new AstraError('timeout')

describe('OwnSignal', () => {
  it('tells every listener once, functions and objects, with the first reason', () => {
    const signal = new OwnSignal()
    const told: string[] = []
    signal.addEventListener('abort', () => told.push('first'))
    signal.addEventListener('abort', { handleEvent: () => told.push(`second: ${signal.reason?.code}`) })
    signal.abort(reason)
    signal.abort(other)
    assert.deepEqual(told, ['first', 'second: cancelled'])
    assert.throws(() => signal.throwIfAborted(), reason)
  })

  it('leaves out who no longer listens, and who came too late', () => {
    const signal = new OwnSignal()
    const told: number[] = []
    const listeners = [0, 1, 2].map((n) => () => void told.push(n))
    for (const listener of listeners) signal.addEventListener('abort', listener)
    for (const n of [0, 2]) signal.removeEventListener('abort', listeners[n] ?? assert.fail())
    signal.throwIfAborted()
    signal.abort(reason)
    signal.addEventListener('abort', () => void told.push(3))
    assert.deepEqual(told, [1])
  })

  it('leaves out whom an earlier one takes away while it aborts', () => {
    const signal = new OwnSignal()
    const told: string[] = []
    const last = () => void told.push('last')
    const first = () => {
      told.push('first')
      signal.removeEventListener('abort', last)
    }
    signal.addEventListener('abort', first)
    signal.addEventListener('abort', () => void told.push('second'))
    signal.addEventListener('abort', last)
    signal.abort(reason)
    assert.deepEqual(told, ['first', 'second'])
  })

  it('knows a listener once, however often it was added', () => {
    const signal = new OwnSignal()
    const told: string[] = []
    const one = () => void told.push('one')
    const two = () => void told.push('two')
    for (const listener of [one, two, one, two]) signal.addEventListener('abort', listener)
    signal.removeEventListener('abort', one)
    signal.addEventListener('abort', two)
    signal.abort(reason)
    assert.deepEqual(told, ['two'])
  })

  it('has a real signal that aborts with it, before or after', () => {
    const signal = new OwnSignal()
    const real = abortSignalOf(signal)
    assert.equal(real.aborted, false)
    signal.abort(reason)
    assert.equal(real.reason, reason)
    assert.equal(abortSignalOf(signal).reason, reason)
    assert.equal(abortSignalOf(real), real)
  })
})
