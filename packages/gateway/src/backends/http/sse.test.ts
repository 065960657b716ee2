import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { EventSplitter } from './sse.ts'

type Told = readonly [event: string, data: string]

function split(chunks: readonly Buffer[]) {
  const splitter = new EventSplitter()
  return chunks.flatMap((chunk) => [...splitter.push(chunk)])
}

const told = (text: string): readonly Told[] => split([Buffer.from(text)]).map(({ event, data }) => [event, data])

const forms: readonly (readonly [what: string, text: string, events: readonly Told[]])[] = [
  ['one line', 'data: a\n\n', [['', 'a']]],
  ['no space after the colon', 'data:a\n\n', [['', 'a']]],
  ['only the first space is taken', 'data:  a \n\n', [['', ' a ']]],
  ['a named event', 'event: ping\ndata: {}\n\n', [['ping', '{}']]],
  ['the name after the data', 'data: {}\nevent: ping\n\n', [['ping', '{}']]],
  [
    'CRLF',
    'event: x\r\ndata: a\r\n\r\ndata: b\r\n\r\n',
    [
      ['x', 'a'],
      ['', 'b'],
    ],
  ],
  [
    'CR',
    'event: x\rdata: a\r\rdata: b\r\r',
    [
      ['x', 'a'],
      ['', 'b'],
    ],
  ],
  [
    'line ends mixed',
    'data: a\r\n\ndata: b\n\r\ndata: c\r\r\ndata: d\n\n',
    [
      ['', 'a'],
      ['', 'b'],
      ['', 'c'],
      ['', 'd'],
    ],
  ],
  ['several lines of data', 'data: a\ndata:\ndata: b\n\n', [['', 'a\n\nb']]],
  ['data without a colon', 'data\ndata\n\n', [['', '\n']]],
  ['comments', ': hello\n\n: more\ndata: a\n\n:\n\n', [['', 'a']]],
  ['blank lines', '\n\n\r\n\r\ndata: a\n\n\n\n', [['', 'a']]],
  ['other fields', 'id: 1\nretry: 5\ndata: a\nnonsense\n\n', [['', 'a']]],
  ['an event without data', 'event: x\n\ndata: a\n\n', [['', 'a']]],
  ['a byte order mark', '\ufeffdata: a\n\n', [['', 'a']]],
  ['a cut end', 'data: a\n\ndata: b\n', [['', 'a']]],
]

for (const [what, text, events] of forms) {
  test(`reads ${what}`, () => assert.deepEqual(told(text), events))
}

/** Bytes that are likely to stand at an edge. */
const piece = fc.constantFrom(
  'data: ä€😀',
  'data:',
  'event: x',
  'event',
  ': c',
  '\n',
  '\r',
  '\r\n',
  '\n\n',
  '\r\n\r\n',
  '\r\r',
  'x',
  '\ufeff',
)
const stream = fc.array(piece, { maxLength: 40 }).map((pieces) => Buffer.from(pieces.join('')))

test('any cutting of a byte stream gives the same events', () => {
  fc.assert(
    fc.property(stream, fc.array(fc.nat(200)), (bytes, cuts) => {
      const edges = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length]
      const chunks = edges.slice(1).map((edge, i) => bytes.subarray(edges[i], edge))
      assert.deepEqual(split(chunks), split([bytes]))
    }),
    { numRuns: 2000 },
  )
})

test('events in their own bytes, one after the other, are the stream again', () => {
  const line = fc.constantFrom('data: a', 'event: x', 'data:€')
  const end = fc.constantFrom('\n', '\r\n', '\r')
  const streams = fc.tuple(fc.array(fc.array(line, { minLength: 1 })), end)
  fc.assert(
    fc.property(streams, ([blocks, eol]) => {
      const text = blocks.map((lines) => ['data: first', ...lines, '', ''].join(eol)).join('')
      const bytes = split([Buffer.from(text)]).map((event) => event.bytes)
      assert.equal(Buffer.concat(bytes).toString(), text)
      assert.equal(bytes.length, blocks.length)
    }),
  )
})

test('an event goes out with its last byte', () => {
  for (const text of ['data: a\n\n', 'data: a\r\n\r\n', 'data: a\r\r']) {
    const splitter = new EventSplitter()
    const counts = [...Buffer.from(text)].map((byte) => splitter.push(Buffer.from([byte])).length)
    assert.deepEqual(counts, [...Array(text.length - 1).fill(0), 1])
  }
})

test('an event of 1 MB in small pieces is one event; one without end is upstream_failed', () => {
  const data = 'x'.repeat(1 << 20)
  const splitter = new EventSplitter(1 << 21)
  const piece = (text: string) => splitter.push(Buffer.from(text))
  piece('data: ')
  for (let i = 0; i < data.length; i += 1 << 14) assert.deepEqual(piece(data.slice(i, i + (1 << 14))), [])
  assert.equal(piece('\n\n')[0]?.data, data)
  assert.throws(() => piece(`data: ${data}${data}`), { code: 'upstream_failed' })
})
