import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { LeaveSignal } from './leave-signal.ts'

class FakeResponse extends EventEmitter {
  destroyed = false
  writableFinished = false

  close(finished: boolean): void {
    this.writableFinished = finished
    this.destroyed = true
    this.emit('close')
  }
}

function open() {
  const response = new FakeResponse()
  return { response, signal: new LeaveSignal(response as unknown as ServerResponse) }
}

test('who listens hears that the caller has left, and who stopped listening does not', () => {
  const { response, signal } = open()
  const heard: string[] = []
  const stopped = () => heard.push('stopped')
  signal.addEventListener('abort', () => heard.push('left'))
  signal.addEventListener('abort', stopped)
  signal.removeEventListener('abort', stopped)
  assert.equal(signal.aborted, false)
  response.close(false)
  assert.deepEqual(heard, ['left'])
  assert.equal(signal.aborted, true)
})

test('who asks for the first time after the caller left is told so', () => {
  const { response, signal } = open()
  response.close(false)
  assert.equal(signal.aborted, true)
})

test('a caller whose answer is written has not left', () => {
  for (const listens of [true, false]) {
    const { response, signal } = open()
    if (listens) signal.addEventListener('abort', () => assert.fail('it was told that the caller left'))
    response.close(true)
    assert.equal(signal.aborted, false)
  }
})

test('nobody listens: nothing hangs on the response', () => {
  const { response, signal } = open()
  assert.equal(signal.aborted, false)
  assert.equal(response.listenerCount('close'), 0)
})
