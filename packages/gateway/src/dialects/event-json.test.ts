import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { EventJson } from './event-json.ts'

const told = (json: EventJson, data: string) => {
  try {
    return { body: json.parse(data) }
  } catch (thrown) {
    return { thrown: (thrown as Error).name }
  }
}
const parsed = (data: string) => told(new EventJson(), data)

test('whatever the events, they read as JSON.parse reads them', () => {
  const plain = (data: string) => {
    try {
      return { body: JSON.parse(data) }
    } catch (thrown) {
      return { thrown: (thrown as Error).name }
    }
  }
  // Few letters, so that events are often alike, and those that JSON cares for.
  const letters = fc.constantFrom('a', 'b', '"', '\\', '\n', 'é', '😀', '{', '}', ':', ',', '/', 'u', ' ')
  const text = fc.array(letters, { maxLength: 20 }).map((list) => list.join(''))
  const event = fc.oneof(
    text.map((content) => JSON.stringify({ id: 'x', choices: [{ delta: { content }, finish: null }] })),
    fc.tuple(text, text).map(([a, b]) => JSON.stringify({ a, b, n: [a] })),
    fc.tuple(text, text).map(([a, b]) => JSON.stringify([{ a }, 'the text of an event: 3', { b }])),
    // Not always JSON, and not always with one text only.
    text.map((raw) => `{"a":"${raw}","a":"${raw}","${raw}":1}`),
    text.map((raw) => `{"a":{"__proto__":"${raw}"}}`),
    text.map((raw) => `["${raw}"]`),
    text.map((raw) => `"${raw}"`),
  )
  fc.assert(
    fc.property(fc.array(event, { maxLength: 30 }), (events) => {
      const json = new EventJson()
      // All are told before any is looked at: what was told stays as it was.
      const all = events.map((data) => told(json, data))
      assert.deepEqual(all, events.map(plain))
    }),
    { numRuns: 2000 },
  )
})

const event = (content: string, noise = '') =>
  `{"id":1,"choices":[{"index":0,"delta":{"content":"${content}"},"finish":null}],"usage":{},"noise":"${noise}"}`

/** Whether it was told by its texts: what does not differ is shared then. */
function isLikeBefore(json: EventJson, first: string, second: string): boolean {
  const [a, b] = [json.parse(first), json.parse(second)] as { usage?: object }[]
  return a?.usage === b?.usage
}

test('events that differ in a few texts are not parsed anew', () => {
  const json = new EventJson()
  json.parse(event('one', 'x'))
  json.parse(event('two', 'y'))
  const long = 'a text that is longer than a token usually is'
  assert.equal(isLikeBefore(json, event('three', 'zz'), event(long)), true)
  assert.deepEqual(json.parse(event(long)), parsed(event(long)).body)
  assert.equal(isLikeBefore(json, event('a\\nb'), event('')), false)
  assert.equal(isLikeBefore(json, event('c'), event('')), true)
})

test('another kind of event makes another pattern', () => {
  const json = new EventJson()
  const other = (text: string) => `{"type":"reasoning","text":"${text}"}`
  for (const text of ['a', 'b', 'c']) json.parse(other(text))
  json.parse(event('one'))
  json.parse(event('two'))
  assert.equal(isLikeBefore(json, event('three'), event('four')), true)
})

test('events that are never alike are not compared for ever', () => {
  const json = new EventJson()
  for (let n = 0; n < 100; n++) assert.deepEqual(json.parse(`{"n":${n},"t":"${n}"}`), { n, t: String(n) })
  json.parse(event('one'))
  json.parse(event('two'))
  assert.equal(isLikeBefore(json, event('three'), event('four')), false)
})

test('long events are neither compared nor kept', () => {
  const json = new EventJson()
  const long = (text: string) => event(text, 'x'.repeat(5000))
  for (const text of ['a', 'b', 'c']) json.parse(long(text))
  assert.equal(isLikeBefore(json, long('d'), long('e')), false)
})
