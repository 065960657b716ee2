import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deflateRawSync, deflateSync, gunzipSync, gzipSync, inflateSync } from 'node:zlib'
import fc from 'fast-check'
import { chooseEncoding, compress, decompress } from './content-encoding.ts'
import { ProtocolError } from './protocol-error.ts'

const hello = Buffer.from('hello hello hello')

test('packed by one side, unpacked by the other', async () => {
  for (const encoding of ['gzip', 'deflate'] as const) {
    for (const body of [hello, 'hellö', new Uint8Array(), Buffer.alloc(10_000, 'ab')]) {
      assert.deepEqual(
        Buffer.from(await decompress(await compress(body, encoding), encoding, 10_000)),
        Buffer.from(body),
      )
    }
  }
  assert.equal(gunzipSync(await compress('a', 'gzip')).toString(), 'a')
  assert.equal(inflateSync(await compress('a', 'deflate')).toString(), 'a')
})

test('the name of an encoding is read as HTTP wants it', async () => {
  const packed = gzipSync(hello)
  for (const name of ['gzip', 'GZIP', 'x-gzip', ' gzip ']) {
    assert.deepEqual(Buffer.from(await decompress(packed, name, 100)), hello)
  }
  for (const name of [undefined, '', 'identity', 'Identity']) assert.equal(await decompress(hello, name, 100), hello)
})

test('501 for an encoding that is not known', async () => {
  for (const name of ['br', 'zstd', 'gzip, gzip', 'nonsense']) {
    await assert.rejects(decompress(hello, name, 100), { code: 'unsupported', message: /Content-Encoding ".*use gzip/ })
  }
})

test('unpacking stops at the limit', async () => {
  assert.equal((await decompress(gzipSync(Buffer.alloc(1000)), 'gzip', 1000)).length, 1000)
  for (const packed of [gzipSync(Buffer.alloc(1001)), gzipSync(Buffer.alloc(50_000_000))]) {
    await assert.rejects(decompress(packed, 'gzip', 1000), { code: 'too-large', message: /1000 bytes once it is unpa/ })
  }
  await assert.rejects(decompress(deflateSync(Buffer.alloc(1001)), 'deflate', 1000), { code: 'too-large' })
})

test('400 for a broken stream', async () => {
  const cut = (bytes: Buffer) => bytes.subarray(0, -1)
  const flipped = gzipSync(hello)
  flipped[12] = (flipped[12] ?? 0) ^ 0xff
  for (const [encoding, body] of [
    ['gzip', Buffer.alloc(0)],
    ['gzip', hello],
    ['gzip', cut(gzipSync(hello))],
    ['gzip', Buffer.concat([gzipSync(hello), hello])],
    ['gzip', flipped],
    ['gzip', deflateSync(hello)],
    ['deflate', Buffer.alloc(0)],
    ['deflate', hello],
    ['deflate', cut(deflateSync(hello))],
    ['deflate', Buffer.concat([deflateSync(hello), hello])],
    ['deflate', deflateRawSync(hello)],
  ] as const) {
    await assert.rejects(decompress(body, encoding, 1000), { name: 'ProtocolError', code: 'invalid' })
  }
})

test('random bytes are refused, and nothing else happens', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array(), fc.constantFrom('gzip', 'deflate'), async (bytes, encoding) => {
      await decompress(bytes, encoding, 1000).catch((error) => assert.ok(error instanceof ProtocolError))
    }),
  )
})

test('an answer is packed as it is asked for', () => {
  for (const [accept, expected] of [
    [undefined, undefined],
    ['', undefined],
    ['identity', undefined],
    ['br, zstd', undefined],
    ['*', undefined],
    ['gzip', 'gzip'],
    ['deflate', 'deflate'],
    ['GZIP ; q=0.5', 'gzip'],
    ['deflate, gzip;q=1.0, *;q=0.5', 'gzip'],
    ['gzip, deflate, br', 'gzip'],
    ['gzip;q=0.2, deflate;q=0.8', 'deflate'],
    ['gzip;q=0, deflate', 'deflate'],
    ['gzip;q=0', undefined],
    ['gzip;q=nonsense', undefined],
  ] as const) {
    assert.equal(chooseEncoding(accept, 1024), expected, String(accept))
    assert.equal(chooseEncoding(accept, 1023), undefined, 'not worth it')
  }
})

test('many bodies that unpack to very much are unpacked a few at a time', async () => {
  const size = 8_000_000
  const bomb = gzipSync(Buffer.alloc(size))
  let most = 0
  const held = () => {
    most = Math.max(most, process.memoryUsage().arrayBuffers)
  }
  const before = process.memoryUsage().arrayBuffers
  await Promise.all(Array.from({ length: 60 }, () => decompress(bomb, 'gzip', size).then(held)))
  assert.ok(most - before < 30 * size, `${Math.round((most - before) / size)} of 60 bodies were held at once`)
})
