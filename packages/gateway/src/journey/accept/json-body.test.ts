import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { AstraError } from '../../kernel/errors.ts'
import { BodyRoom } from './body-room.ts'
import { holdMembers, parseJson, parseJsonMembers, parseJsonObject, readBody } from './json-body.ts'

const code = (expected: string) => (error: unknown) => (error as { code?: string }).code === expected

describe('readBody', () => {
  it('gives back what came in, whatever the chunks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 8 }), async (chunks) => {
        const buffers = chunks.map((chunk) => Buffer.from(chunk))
        const body = await readBody(Readable.from(buffers), undefined, 1000, 'shop')
        assert.deepEqual(body, Buffer.concat(buffers))
      }),
    )
  })

  it('refuses by the announced length without reading, and by the counted length when that lies', async () => {
    const unread = new Readable({
      read() {
        throw new Error('it was read')
      },
    })
    await assert.rejects(readBody(unread, '1001', 1000, 'shop'), code('body_too_large'))
    await assert.rejects(
      readBody(Readable.from([Buffer.alloc(600), Buffer.alloc(600)]), '5', 1000, 'shop'),
      code('body_too_large'),
    )
  })

  it('says cancelled when the sender leaves in the middle', async () => {
    const stream = new Readable({ read() {} })
    stream.push(Buffer.from('{"inp'))
    const reading = readBody(stream, undefined, 1000, 'shop')
    stream.destroy(new Error('ECONNRESET'))
    await assert.rejects(reading, code('cancelled'))
  })
})

describe('the room that bodies take while they are read', () => {
  const small = 64 * 1024
  const large = 1024 * 1024
  /** For so many large bodies, of which one consumer may send a quarter. */
  const roomFor = (count: number) => new BodyRoom(count * large)
  const body = (room: BodyRoom, consumer: string, ...pieces: readonly (number | null)[]) => {
    const stream = new Readable({ read() {} })
    for (const bytes of pieces) stream.push(bytes && Buffer.alloc(bytes))
    return { stream, read: readBody(stream, undefined, 4 * large, consumer, room) }
  }
  /** The beginning of a body, when it has been read. */
  const begin = async (room: BodyRoom, consumer: string, bytes: number) => {
    const begun = body(room, consumer, bytes)
    await once(begun.stream, 'data')
    return begun
  }
  const lengthOf = async (room: BodyRoom, consumer: string, bytes: number) =>
    (await body(room, consumer, bytes, null).read).length
  const refusal = (read: Promise<Buffer>, words: RegExp) =>
    assert.rejects(
      read,
      (error) => error instanceof AstraError && error.code === 'overloaded' && words.test(error.message),
    )

  it('is a quarter for one consumer, who is told so; others go on', async () => {
    const room = roomFor(4)
    const { stream, read } = await begin(room, 'greedy', small + large)
    await refusal(body(room, 'greedy', small + 1, null).read, /"greedy" .* 1 MiB/)
    assert.equal(await lengthOf(room, 'shop', large), large)
    stream.destroy()
    await assert.rejects(read, code('cancelled'))
  })

  it('is not needed for a small body, whoever fills it', async () => {
    const room = roomFor(1)
    const begun = await Promise.all(['a', 'b', 'c', 'd'].map((consumer) => begin(room, consumer, small + large / 4)))
    await refusal(body(room, 'shop', small + 1, null).read, /^Too many large bodies/)
    assert.equal(await lengthOf(room, 'shop', small), small)
    assert.equal(await lengthOf(room, 'a', small), small)
    for (const { stream, read } of begun) {
      stream.push(null)
      assert.equal((await read).length, small + large / 4)
    }
  })

  it('is free again however a body ended', async () => {
    const room = roomFor(4)
    const left = await begin(room, 'shop', small + large)
    left.stream.destroy()
    await assert.rejects(left.read, code('cancelled'))
    await refusal(body(room, 'shop', small + large / 2, large, null).read, /"shop"/)
    await assert.rejects(body(room, 'shop', large, 4 * large, null).read, code('body_too_large'))
    for (let times = 0; times < 2; times++) assert.equal(await lengthOf(room, 'shop', small + large), small + large)
  })
})

describe('parseJson', () => {
  it('reads whatever JSON.stringify writes, up to the depth limit', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
        assert.deepEqual(parseJson(Buffer.from(JSON.stringify(value))), JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  it('holds the depth limit exactly, brackets in strings left out', () => {
    const nested = (depth: number) => Buffer.from('['.repeat(depth) + ']'.repeat(depth))
    assert.ok(Array.isArray(parseJson(nested(64))))
    assert.throws(() => parseJson(nested(65)), code('body_too_deep'))
    assert.throws(() => parseJson(nested(5_000_000)), code('body_too_deep'))
    assert.equal(parseJson(Buffer.from(JSON.stringify('[{"\\'.repeat(100)))), '[{"\\'.repeat(100))
  })

  it('refuses rubbish and says where', () => {
    assert.throws(() => parseJson(Buffer.from('')), code('invalid_body'))
    assert.throws(() => parseJson(Buffer.from('{"a":}')), /position 5|Unexpected token/)
    assert.throws(() => parseJsonObject(Buffer.from('[1]')), code('invalid_body'))
  })

  for (const [body, form] of [
    ['<?xml version="1.0"?><input/>', 'XML or HTML'],
    ['\n <p>', 'XML or HTML'],
    [
      '--------------------------d74496d66958873e\r\nContent-Disposition: form-data',
      'a form in parts (multipart/form-data)',
    ],
    ['--boundary\r\n', 'a form in parts (multipart/form-data)'],
    ['input%5Btext%5D=Hi&n=1', 'a form (application/x-www-form-urlencoded)'],
  ] as const) {
    it(`says what was sent instead, and which Content-Type to send: ${JSON.stringify(body.slice(0, 12))}`, () => {
      const detail = `The body is not JSON: it looks like ${form}`
      const next = 'Send one JSON object, with "Content-Type: application/json".'
      assert.throws(() => parseJsonObject(Buffer.from(body)), { code: 'invalid_body', facts: { detail, next } })
    })
  }

  it('takes no JSON with a slip for a form', () => {
    for (const body of ['-1-', '- 1', "{'a': 1}", 'hello', '{"a"=1}'])
      assert.throws(() => parseJson(Buffer.from(body)), { message: /is not JSON: (?!it looks)/ }, body)
  })
})

describe('bounds on what is parsed', () => {
  const members = (count: number) =>
    Buffer.from(`{${Array.from({ length: count }, (_, i) => `"k${i}":":"`).join(',')}}`)

  it('holds the number of members exactly, colons in strings left out', () => {
    assert.equal(Object.keys(parseJsonObject(members(200_000))).length, 200_000)
    assert.throws(() => parseJsonObject(members(200_001)), code('body_too_large'))
    assert.equal(Object.keys(parseJsonMembers(members(10), 10).object).length, 10)
    assert.throws(() => parseJsonMembers(members(11), 10), code('body_too_large'))
  })

  it('holds only the members of a body that is parsed elsewhere', () => {
    holdMembers(Buffer.from('[],'.repeat(1_000_001)))
    assert.throws(() => holdMembers(members(200_001)), code('body_too_large'))
  })

  it('takes a million numbers, and refuses more lists than that', () => {
    assert.ok(Array.isArray(parseJson(Buffer.from(`[${'0,'.repeat(1_000_000)}0]`))))
    assert.throws(() => parseJson(Buffer.from(`[${'[],'.repeat(1_000_000)}0]`)), code('body_too_large'))
  })

  it('refuses what is not UTF-8, also within a text, as others may read it otherwise', () => {
    const body = (...bytes: number[]) => Buffer.concat([Buffer.from('{"a":"'), Buffer.from(bytes), Buffer.from('"}')])
    for (const bytes of [[0xff], [0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80]]) {
      assert.throws(() => parseJson(body(...bytes)), code('invalid_body'))
      assert.throws(() => parseJsonMembers(body(...bytes), 10), code('invalid_body'))
    }
    assert.deepEqual(parseJson(body(0xc3, 0xa4)), { a: 'ä' })
  })

  it('property: tells whether an object repeats a key, however deep it lies', () => {
    const keys = fc.array(fc.constantFrom('a', 'b', '1', '__proto__', 'constructor', 'a:b'), { maxLength: 4 })
    const around = fc.array(fc.constantFrom('[1,#]', '{"a":#,"b":[]}', '{"a":{"x":1},"1":#}'), { maxLength: 4 })
    fc.assert(
      fc.property(keys, fc.jsonValue({ maxDepth: 3 }), around, (names, value, layers) => {
        const inner = `{${names.map((name) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`
        const text = layers.reduce((text, layer) => layer.replace('#', () => text), inner)
        const { repeats } = parseJsonMembers(Buffer.from(`{"m":${text}}`), 1000)
        assert.equal(repeats, new Set(names).size < names.length)
      }),
    )
  })
})
