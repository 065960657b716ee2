import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { deflateRawSync, gzipSync } from 'node:zlib'
import { until } from '../../test/write-models.ts'
import { type Sending, serveApp } from './testing/serve-app.ts'

const tensor = (fields: object = {}) =>
  JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [2], data: [1, 2], ...fields }] })
const BODY = tensor()
const BINARY = tensor({ data: undefined, parameters: { binary_data_size: 8 } })
const binary = (json: string, bytes: number, length: number | string = json.length): Sending => ({
  body: Buffer.concat([Buffer.from(json), Buffer.alloc(bytes)]),
  headers: { 'inference-header-content-length': String(length) },
})
const encoded = (encoding: string, body: Uint8Array): Sending => ({ body, headers: { 'content-encoding': encoding } })

const REFUSED: readonly (readonly [what: string, sending: Sending, status: number, message: RegExp])[] = [
  ['no body', {}, 400, /body is empty/],
  [
    'a length of the JSON beyond the body',
    binary(BINARY, 8, 10_000),
    400,
    /Inference-Header-Content-Length is "10000"/,
  ],
  ['a negative length of the JSON', binary(BINARY, 8, -1), 400, /Inference-Header-Content-Length is "-1"/],
  ['a length of the JSON that is no number', binary(BINARY, 8, '0x10'), 400, /Inference-Header-Content-Length/],
  ['short data', binary(BINARY, 7), 400, /Input "x" should have 8 bytes of binary data, but the body has 7 left/],
  ['left-over data', binary(BINARY, 9), 400, /1 bytes of binary data are left over/],
  ['left-over data after JSON tensors', binary(BODY, 1), 400, /1 bytes of binary data are left over/],
  ['binary data without the length of the JSON', { body: BINARY }, 400, /Input "x" is binary, so the header/],
  ['a huge shape', { body: tensor({ shape: [1e9, 1e9] }) }, 400, /2 elements, but shape \[1000000000,1000000000\]/],
  ['a shape of 2^53', { body: tensor({ shape: [2 ** 53] }) }, 400, /needs a shape/],
  ['a huge shape of nothing else', { body: tensor({ shape: [2 ** 52, 2 ** 52], data: [] }) }, 400, /0 elements/],
  ['NaN in JSON', { body: BODY.replace('[1,2]', '[NaN,2]') }, 400, /not JSON/],
  ['null for NaN', { body: BODY.replace('[1,2]', '[null,2]') }, 400, /has null at element 0/],
  ['an encoding that is not known', encoded('br', Buffer.from(BODY)), 501, /Content-Encoding "br" is not supported/],
  ['two encodings', encoded('gzip, gzip', gzipSync(gzipSync(BODY))), 501, /Content-Encoding/],
  ['JSON that calls itself gzip', encoded('gzip', Buffer.from(BODY)), 400, /body is not gzip/],
  ['gzip that was cut', encoded('gzip', gzipSync(BODY).subarray(0, -3)), 400, /body is not gzip/],
  ['deflate without its frame', encoded('deflate', deflateRawSync(BODY)), 400, /body is not deflate/],
  ['a gzip bomb', encoded('gzip', gzipSync(Buffer.alloc(50_000_000, ' '))), 413, /larger than 1048576 bytes once/],
  ['shared memory', { body: tensor({ parameters: { shared_memory_region: 'r' } }) }, 501, /shared_memory_region/],
]

test('what is wrong with a body is told in one shape, and the next call is served', async (t) => {
  const { send, inferences } = await serveApp(t)
  for (const [what, sending, status, message] of REFUSED) {
    const reply = await send('POST', '/v2/models/fp32/infer', sending)
    assert.equal(reply.status, status, `${what}: ${reply.body}`)
    const answer = JSON.parse(String(reply.body))
    assert.deepEqual(Object.keys(answer), ['error'])
    assert.match(answer.error, message, what)
  }
  assert.equal(inferences.length, 0)
  assert.equal((await send('POST', '/v2/models/fp32/infer', { body: BODY })).status, 200)
})

test('the limit holds for a body as it is sent, and once it is unpacked', async (t) => {
  const exact = BODY.padEnd(500)
  const { send } = await serveApp(t, { bodyBytesMax: exact.length })
  const infer = async (sending: Sending) => (await send('POST', '/v2/models/fp32/infer', sending)).status
  assert.equal(await infer({ body: exact }), 200)
  assert.equal(await infer({ body: `${exact} ` }), 413)
  assert.equal(await infer(encoded('gzip', gzipSync(exact))), 200)
  assert.equal(await infer(encoded('gzip', gzipSync(`${exact} `))), 413)
})

test('a Content-Length that lies harms only who sent it', { timeout: 20_000 }, async (t) => {
  const { port, send, inferences } = await serveApp(t)
  const talk = async (length: number, sent: string) => {
    const socket = connect(port, '127.0.0.1')
    const head = `POST /v2/models/fp32/infer HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`
    socket.end(head + sent)
    return Buffer.concat(await socket.toArray()).toString()
  }
  assert.doesNotMatch(await talk(BODY.length + 10, BODY), /200 OK/)
  assert.equal(inferences.length, 0)
  // What is beyond the length stands where the next request would begin.
  const statuses = (await talk(BODY.length - 1, BODY)).match(/^HTTP\/1.1 \d+/gm)
  assert.deepEqual([...new Set(statuses)], ['HTTP/1.1 400'])
  assert.equal(inferences.length, 0)
  assert.match(await talk(BODY.length, BODY), /200 OK/)
  assert.equal((await send('GET', '/v2/health/live')).status, 200)
})

test('who goes away in the middle of a body is forgotten', { timeout: 20_000 }, async (t) => {
  const { port, send, inferences } = await serveApp(t)
  for (let number = 0; number < 50; number += 1) {
    const socket = connect(port, '127.0.0.1')
    socket.write(`POST /v2/models/fp32/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n${BODY}`)
    await new Promise((resolve) => socket.once('connect', resolve))
    socket.resetAndDestroy()
  }
  assert.equal((await send('POST', '/v2/models/fp32/infer', { body: BODY })).status, 200)
  assert.equal(inferences.length, 1)
})

test('bodies that are sent at one time are bounded together, and what was read of them is given back', {
  timeout: 20_000,
}, async (t) => {
  const { port, send } = await serveApp(t, { allBodyBytesMax: 1000 })
  const infer = () => send('POST', '/v2/models/fp32/infer', { body: BODY.padEnd(500) })
  const socket = connect(port, '127.0.0.1')
  socket.write(`POST /v2/models/fp32/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n${BODY.padEnd(800)}`)
  await until(async () => (await infer()).status === 503)
  const reply = await infer()
  assert.match(String(reply.body), /^{"error":"Too many large bodies are being sent at once; try again later"}$/)
  assert.equal(reply.headers['retry-after'], '1')
  socket.destroy()
  await until(async () => (await infer()).status === 200)
  for (let count = 0; count < 5; count++) assert.equal((await infer()).status, 200)
})

test('connections are bounded, and so is the time that a request may take to come', async (t) => {
  const { server } = await serveApp(t)
  assert.deepEqual([server.requestTimeout, server.maxConnections], [120_000, 4096])
})
