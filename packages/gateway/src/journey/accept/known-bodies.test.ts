import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Answer } from '../../kernel/answer.ts'
import type { CacheNote } from '../../kernel/cache.ts'
import { KnownBodies } from './known-bodies.ts'

const read = (body: Buffer): object => JSON.parse(body.toString())
const answer = (cache?: CacheNote) => ({ cache }) as Answer
const hit = answer({ outcome: 'hit', ageMs: 1 })

test('the same bytes give what was read in them, which nobody can change', () => {
  const known = new KnownBodies()
  const body = Buffer.from('{"input":{"list":[1,{"a":2}]}}')
  assert.equal(known.find(body), undefined)
  known.keep(body, read(body), hit)
  const found = known.find(Buffer.from(body)) as { input: { list: [number, { a: number }] } }
  assert.deepEqual(found, read(body))
  assert.throws(() => found.input.list.push(3 as never), TypeError)
  assert.throws(() => {
    found.input.list[1].a = 3
  }, TypeError)
})

test('bytes that differ are other bodies, also where they are no UTF-8', () => {
  const known = new KnownBodies()
  known.keep(Buffer.from([0x22, 0xc3, 0xbc, 0x22]), { text: 'ü' }, hit)
  assert.equal(known.find(Buffer.from([0x22, 0xfc, 0x22])), undefined)
  assert.equal(known.find(Buffer.from([0x22, 0xc3, 0x22])), undefined)
})

test('nothing is kept of what no cache has answered, nor of a replay, whose call may say no-store', () => {
  const known = new KnownBodies()
  const notes: readonly (CacheNote | undefined)[] = [
    undefined,
    ...(['stale', 'joined', 'miss', 'bypass', 'semantic'] as const).map((outcome) => ({ outcome })),
    { outcome: 'hit', replayed: true },
  ]
  for (const note of notes) known.keep(Buffer.from('{}'), {}, answer(note))
  assert.equal(known.size, 0)
})

test('a long body is not kept; of many those that came lately are', () => {
  const known = new KnownBodies<{ n: number }>()
  const long = Buffer.alloc(9000, ' ')
  known.keep(long, { n: 0 }, hit)
  assert.equal(known.size, 0)
  const bodyOf = (n: number) => Buffer.from(String(n).padEnd(1000))
  for (let n = 0; n < 3000; n++) {
    known.keep(bodyOf(n), { n }, hit)
    assert.deepEqual(known.find(bodyOf(0)), { n: 0 }, 'it is asked for all the time')
  }
  assert.deepEqual(known.find(bodyOf(2999)), { n: 2999 })
  assert.equal(known.find(bodyOf(1)), undefined)
})

test('a body of very many values is not kept: to freeze them takes longer than to read them', () => {
  const known = new KnownBodies()
  for (const zeros of [256, 255]) {
    const body = Buffer.from(`{"a":[${times(zeros, () => '0')}]}`)
    assert.equal(known.size, 0)
    known.keep(body, read(body), hit)
  }
  assert.equal(known.size, 1)
})

const times = (n: number, piece: (i: number) => string) => Array.from({ length: n }, (_, i) => piece(i)).join()
const key = (n: number, i: number) => (n * 1000 + i).toString(36)

/** Bodies that take most of a heap for what they are, and how much one took of it, measured with --expose-gc. */
const hostile: Readonly<Record<string, readonly [heapBytes: number, body: (n: number) => string]>> = {
  'empty objects': [17_500, (n) => `{"n":${n},"a":[${times(250, () => '{}')}]}`],
  'empty lists': [11_500, (n) => `{"n":${n},"a":[${times(250, () => '[]')}]}`],
  'lists of one': [9_000, (n) => `{"n":${n},"a":[${times(125, () => '[1]')}]}`],
  'a key of its own in each object': [25_500, (n) => `{"a":[${times(125, (i) => `{"${key(n, i)}":1}`)}]}`],
  'a key of its own in each empty object': [35_500, (n) => `{"a":{${times(250, (i) => `"${key(n, i)}":{}`)}}}`],
  'objects of twenty such keys': [
    19_000,
    (n) => `{"a":[${times(12, (o) => `{${times(20, (i) => `"${key(n, 20 * o + i)}":1`)}}`)}]}`,
  ],
  'objects of two such keys': [
    22_500,
    (n) => `{"a":[${times(83, (o) => `{${times(2, (i) => `"${key(n, 2 * o + i)}":1`)}}`)}]}`,
  ],
  'such keys in one object': [21_500, (n) => `{${times(256, (i) => `"${key(n, i)}":1`)}}`],
  numbers: [5_500, (n) => `{"n":${n},"a":[${times(127, () => '0.1,1')}]}`],
  texts: [10_500, (n) => `{"a":[${times(250, (i) => `"${key(n, i)}"`)}]}`],
  'a text of two bytes a character': [21_500, (n) => `{"n":${n},"a":"${'a'.repeat(7000)}Ā"}`],
}

for (const [what, [heapBytes, bodyOf]] of Object.entries(hostile)) {
  test(`it holds no more than 4 MB of heap, however many bodies of ${what} come`, () => {
    const known = new KnownBodies()
    for (let n = 0; n < 250; n++) {
      const body = Buffer.from(bodyOf(n))
      known.keep(body, read(body), hit)
    }
    assert.ok(known.size > 0 && known.size < 250, 'it was filled')
    assert.ok(known.size * heapBytes <= 4 * 2 ** 20, `${known.size} bodies`)
  })
}
