import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type StreamWish, streamWish } from './stream-wish.ts'

const cases: readonly [string | undefined, StreamWish][] = [
  [undefined, 'no'],
  ['*/*', 'no'],
  ['application/json', 'no'],
  ['text/event-stream', 'only'],
  ['Text/Event-Stream', 'only'],
  ['text/event-stream; charset=utf-8', 'only'],
  ['text/event-stream;q=0', 'no'],
  ['text/event-stream; q=0.0, application/json', 'no'],
  ['application/json, text/event-stream', 'rather'],
  ['text/event-stream, */*;q=0.1', 'rather'],
  ['text/event-stream, application/json;q=0', 'only'],
  ['application/json, text/event-stream;q=0.5', 'no'],
  ['text/event-stream, text/html', 'only'],
]

for (const [accept, wish] of cases) {
  test(`Accept: ${accept}: ${wish}`, () => assert.equal(streamWish(accept), wish))
}
