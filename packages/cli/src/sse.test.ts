import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readEvents } from './sse.ts'

test('events are the same wherever the bytes are cut', async () => {
  const bytes = Buffer.from(
    'event: chunk\ndata: {"text":"é€😀"}\n\n: comment\n\nevent: answer-end\r\ndata: {}\r\n\r\nevent: half',
  )
  const whole = [
    { event: 'chunk', data: { text: 'é€😀' } },
    { event: 'answer-end', data: {} },
  ]
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 9 }), async (cuts) => {
      const at = [0, ...cuts.sort((a, b) => a - b), bytes.length]
      const pieces = at.slice(1).map((end, index) => new Uint8Array(bytes.subarray(at[index], end)))
      const events = await Array.fromAsync(readEvents(ReadableStream.from(pieces)))
      assert.deepEqual(events, whole)
    }),
    { numRuns: 50 },
  )
})
