import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createSseParser, type SseEvent } from './sse-parser.ts'

function parse(...chunks: (string | Uint8Array)[]): SseEvent[] {
  const parser = createSseParser()
  return chunks.flatMap((chunk) => parser.push(typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk))
}

const message = (data: string) => ({ event: 'message', data })

const table: readonly (readonly [what: string, text: string, events: SseEvent[]])[] = [
  ['a named event', 'event: chunk\ndata: {"a":1}\n\n', [{ event: 'chunk', data: '{"a":1}' }]],
  ['an unnamed one is a message', 'data: a\n\n', [message('a')]],
  ['several data lines', 'data: a\ndata:\ndata:  b\n\n', [message('a\n\n b')]],
  ['CR, LF and CRLF end lines alike', 'data: a\r\rdata: b\r\n\r\ndata: c\n\r\n', ['a', 'b', 'c'].map(message)],
  ['comments and unknown fields', ': ping\nid: 7\nretry: 10\nfoo: bar\ndata: a\n\n', [message('a')]],
  ['a field without a colon', 'data\n\n', [message('')]],
  ['no data, no event; its name is forgotten', 'event: x\n\ndata: a\n\n', [message('a')]],
  ['one space after the colon belongs to the syntax', 'data:a\n\ndata:  a\n\n', [message('a'), message(' a')]],
  ['a byte order mark at the start', '\uFEFFdata: a\n\n', [message('a')]],
  ['what the end cuts off is lost', 'data: a\n\ndata: b\n', [message('a')]],
]

for (const [what, text, events] of table) {
  test(what, () => assert.deepEqual(parse(text), events))
}

test('CRLF cut between two reads is one line end', () => {
  assert.deepEqual(parse('data: a\r', '\ndata: b\r', '\n\r', '\n'), [message('a\nb')])
})

test('a lone CR at the end of a read ends its line at once', () => {
  assert.deepEqual(parse('data: a\r\r'), [message('a')])
})

test('an event of the largest size passes, one character more does not', () => {
  const bytes = new TextEncoder().encode('data: 4567\n\n')
  assert.deepEqual(createSseParser(10).push(bytes), [message('4567')])
  assert.throws(() => createSseParser(9).push(bytes), { code: 'invalid_answer' })
})

test('the size counts over reads and lines, and begins anew with each event', () => {
  const push = (text: string, into = createSseParser(10)) => into.push(new TextEncoder().encode(text))
  const parser = createSseParser(10)
  for (let i = 0; i < 100; i++) assert.equal(push('data: ab\n\n', parser).length, 1)
  assert.throws(() => push('data:1\ndata:2'), { code: 'invalid_answer' })
  push('data:1', parser)
  assert.throws(() => push('23456', parser), { code: 'invalid_answer' })
})

test('comments that keep a connection alive never add up', () => {
  const parser = createSseParser(10)
  for (let i = 0; i < 100; i++) assert.deepEqual(parser.push(new TextEncoder().encode(': ping\n')), [])
})

const piece = fc.oneof(
  fc.constantFrom('data', 'event', ':', ' ', '\r', '\n', '\r\n', '\n\n', 'data: x\n\n', 'event: y\n', '\uFEFF'),
  fc.string({ unit: 'binary', maxLength: 4 }),
)

test('property: any chunking gives the same events', () => {
  fc.assert(
    fc.property(fc.array(piece), fc.array(fc.nat(7)), (pieces, sizes) => {
      const bytes = new TextEncoder().encode(pieces.join(''))
      const chunks: Uint8Array[] = []
      let from = 0
      for (const size of sizes) {
        chunks.push(bytes.subarray(from, from + size))
        from += size
      }
      assert.deepEqual(parse(...chunks, bytes.subarray(from)), parse(bytes))
      assert.deepEqual(parse(...Array.from(bytes, (byte) => Uint8Array.of(byte))), parse(bytes))
    }),
    { numRuns: 500 },
  )
})

test('property: what a gateway writes is read', () => {
  const event = fc.record({ event: fc.stringMatching(/^[a-z-]{1,12}$/), data: fc.json() }, { noNullPrototype: true })
  fc.assert(
    fc.property(fc.array(event), (events) => {
      const text = events.map(({ event, data }) => `event: ${event}\ndata: ${data}\n\n`).join('')
      assert.deepEqual(parse(text), events)
    }),
  )
})
