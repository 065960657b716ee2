import assert from 'node:assert/strict'
import { type ChatDoorName, chatDoors, readStream } from './chat-doors.ts'
import type { Outcome } from './fault-outcomes.ts'
import { privateWords } from './faults.ts'

const statuses = { upstream_failed: 502, upstream_unavailable: 503, upstream_stalled: 504, timeout: 504 } as const

/** Holds what a caller got against what it is to get. */
export async function checkOutcome(doorName: ChatDoorName, response: Response, expected: Outcome): Promise<Buffer> {
  const door = chatDoors[doorName]
  const { end, code, text, retryAfter } = expected
  const { status, headers } = response
  const bytes = Buffer.from(await response.arrayBuffer())
  assert.ok(!bytes.includes(privateWords), "upstream's own words are for operators")
  const error = { type: door.errorTypes[code ? statuses[code] : 0], code: doorName === 'openai' ? code : undefined }
  if (end === 'refused') {
    assert.deepEqual([status, headers.get('astra-error-code')], [code && statuses[code], code])
    assert.equal(headers.get('retry-after'), retryAfter === undefined ? null : String(retryAfter))
    const { message: _, ...told } = door.readError(JSON.parse(bytes.toString())) ?? {}
    assert.deepEqual(told, error)
    return bytes
  }
  assert.equal(status, 200, bytes.toString().slice(0, 1000))
  if (!headers.get('content-type')?.startsWith('text/event-stream')) {
    assert.ok(door.textOf(JSON.parse(bytes.toString())) === text)
    return bytes
  }
  const seen = readStream(door, bytes)
  // It ends in its terminal event or in an error, once.
  assert.equal(seen.ends, 1)
  assert.deepEqual([seen.last, seen.finishes], end === 'ok' ? ['terminal', 1] : ['error', 0])
  assert.ok(seen.text === text, `the text is ${seen.text.slice(0, 100)}`)
  const { message: _, ...told } = seen.error ?? {}
  assert.deepEqual(told, end === 'ok' ? {} : error)
  return bytes
}
