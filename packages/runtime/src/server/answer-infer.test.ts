import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { gunzipSync, gzipSync, inflateSync } from 'node:zlib'
import {
  bytesOfData,
  compress,
  DATATYPES,
  type Datatype,
  decodeInferResponse,
  encodeInferRequest,
  ProtocolError,
  type Tensor,
} from '@astraapi/oip'
import { type Reply, serveApp } from './testing/serve-app.ts'

const SAMPLES: Readonly<Record<Datatype, Tensor['data']>> = {
  BOOL: new Uint8Array([1, 0]),
  INT8: new Int8Array([-128, 127]),
  INT16: new Int16Array([-32_768, 32_767]),
  INT32: new Int32Array([-(2 ** 31), 2 ** 31 - 1]),
  INT64: new BigInt64Array([-(2n ** 63n), 2n ** 63n - 1n]),
  UINT8: new Uint8Array([0, 255]),
  UINT16: new Uint16Array([0, 65_535]),
  UINT32: new Uint32Array([0, 2 ** 32 - 1]),
  UINT64: new BigUint64Array([2n ** 53n + 1n, 2n ** 64n - 1n]),
  FP16: new Float16Array([65_504, Number.NaN]),
  BF16: new Uint16Array([0x3f80, 0x7fc0]),
  FP32: new Float32Array([0.1, Number.NaN]),
  FP64: new Float64Array([Number.NEGATIVE_INFINITY, Number.MIN_VALUE]),
  BYTES: ['é\0\ufeff', ''],
}
const sample = (datatype: Datatype): Tensor => ({ name: 'x', datatype, shape: [2], data: SAMPLES[datatype] })
const lengthHeader = (length: number | undefined): Record<string, string> =>
  length === undefined ? {} : { 'inference-header-content-length': String(length) }
const header = ({ headers }: Reply, name: string) => headers[name]?.toString()
const outputs = (reply: Reply, body = reply.body) =>
  decodeInferResponse(body, header(reply, 'inference-header-content-length')).outputs
const hex = ({ data }: Tensor) => Buffer.from(bytesOfData(data)).toString('hex')

test('every datatype in binary, there and back, to the bit', async (t) => {
  const { send } = await serveApp(t)
  for (const datatype of Object.keys(SAMPLES) as Datatype[]) {
    const { body, headerLength } = encodeInferRequest({ inputs: [sample(datatype)], binary: true })
    const path = `/v2/models/${datatype.toLowerCase()}/infer`
    const reply = await send('POST', path, { body, headers: lengthHeader(headerLength) })
    assert.deepEqual([reply.status, header(reply, 'content-type')], [200, 'application/octet-stream'], `${reply.body}`)
    assert.deepEqual(outputs(reply).map(hex), [hex(sample(datatype))])
  }
})

test('every datatype that JSON has in JSON: 64-bit edges to the digit, NaN as null', async (t) => {
  const { send } = await serveApp(t)
  for (const datatype of ['BOOL', 'INT8', 'INT64', 'UINT64', 'UINT32', 'BYTES'] as const) {
    const { body } = encodeInferRequest({ id: 'i', inputs: [sample(datatype)], binary: false })
    const reply = await send('POST', `/v2/models/${datatype.toLowerCase()}/infer`, { body })
    assert.equal(header(reply, 'inference-header-content-length'), undefined)
    assert.match(header(reply, 'content-type') ?? '', /^application\/json/)
    assert.equal(JSON.parse(String(reply.body)).id, 'i')
    assert.deepEqual(outputs(reply).map(hex), [hex(sample(datatype))])
  }
  const { body, headerLength = 0 } = encodeInferRequest({ inputs: [sample('FP32')], binary: true })
  const asked = Buffer.from(Buffer.from(body).toString('latin1').replace('true', 'false'), 'latin1')
  const reply = await send('POST', '/v2/models/fp32/infer', { body: asked, headers: lengthHeader(headerLength + 1) })
  assert.match(String(reply.body), /"data":\[0.1,null\]/)
})

test('gzip and deflate both ways, in JSON and in binary', async (t) => {
  const { send } = await serveApp(t)
  const data = Float32Array.from({ length: 512 }, (_, i) => i / 8)
  const inputs = [{ ...sample('FP32'), shape: [512], data }]
  for (const binary of [true, false]) {
    const { body, headerLength } = encodeInferRequest({ inputs, binary })
    for (const [encoding, unpack] of [
      ['gzip', gunzipSync],
      ['deflate', inflateSync],
    ] as const) {
      const headers = { ...lengthHeader(headerLength), 'content-encoding': encoding, 'accept-encoding': encoding }
      const reply = await send('POST', '/v2/models/fp32/infer', { body: await compress(body, encoding), headers })
      assert.deepEqual([reply.status, header(reply, 'content-encoding')], [200, encoding], `${reply.body}`)
      assert.equal(header(reply, 'content-length'), String(reply.body.length))
      assert.deepEqual(outputs(reply, unpack(reply.body)).map(hex), inputs.map(hex))
    }
  }
  const plain = await send('POST', '/v2/models/fp32/infer', {
    body: encodeInferRequest({ inputs, binary: false }).body,
  })
  assert.equal(header(plain, 'content-encoding'), undefined, 'nobody asked for it')
  const small = await send('POST', '/v2/models/fp32/infer', {
    body: encodeInferRequest({ inputs: [sample('FP32')], binary: false }).body,
    headers: { 'accept-encoding': 'gzip' },
  })
  assert.equal(header(small, 'content-encoding'), undefined, 'too small to be worth it')
})

test("Triton's parameter timeout is the deadline", async (t) => {
  const { send, inferences } = await serveApp(t)
  const infer = (parameters: unknown) =>
    send('POST', '/v2/models/int8/infer', {
      body: JSON.stringify({ parameters, inputs: [{ name: 'x', datatype: 'INT8', shape: [1], data: [1] }] }),
    })
  const before = performance.now()
  for (const parameters of [{ timeout: 2_000_000 }, { timeout: 0 }, {}])
    assert.equal((await infer(parameters)).status, 200)
  const [first, ...others] = inferences.map(({ deadlineMs }) => deadlineMs)
  assert.ok(first !== undefined && first >= before + 2000 && first <= performance.now() + 2000)
  assert.deepEqual(others, [undefined, undefined])
  for (const timeout of [-1, 0.5, '1', true]) {
    const { status, body } = await infer({ timeout })
    assert.deepEqual([status, /timeout must be a whole number/.test(String(body))], [400, true])
  }
})

test('the load is reported in the form that is asked for', async (t) => {
  const { send } = await serveApp(t)
  const body = encodeInferRequest({ inputs: [sample('INT8')], binary: false }).body
  for (const [format, expected] of [
    ['text', 'TEXT named_metrics.waiting=3'],
    ['TEXT', 'TEXT named_metrics.waiting=3'],
    ['json', 'JSON {"named_metrics":{"waiting":3}}'],
    ['binary', undefined],
    [undefined, undefined],
  ] as const) {
    const headers: Record<string, string> = format === undefined ? {} : { 'endpoint-load-metrics-format': format }
    const reply = await send('POST', '/v2/models/int8/infer', { body, headers })
    assert.deepEqual([reply.status, header(reply, 'endpoint-load-metrics')], [200, expected])
  }
})

test('Retry-After says that the server is busy, and only that', async (t) => {
  const failures = [
    new ProtocolError('unavailable', 'Too many calls wait', { retryAfterMs: 1200 }),
    new ProtocolError('unavailable', 'Too many calls wait', { retryAfterMs: 1 }),
    new ProtocolError('unavailable', 'The model is not ready'),
  ]
  const { send } = await serveApp(t, {
    infer: async () => {
      throw failures.shift() ?? new Error('no failure left')
    },
  })
  const body = encodeInferRequest({ inputs: [sample('INT8')], binary: false }).body
  for (const seconds of ['2', '1', undefined]) {
    const reply = await send('POST', '/v2/models/int8/infer', { body })
    assert.deepEqual([reply.status, header(reply, 'retry-after')], [503, seconds])
  }
})

test('who leaves while the body is unpacked is not computed for', { timeout: 20_000 }, async (t) => {
  const abandoned = Promise.withResolvers<unknown>()
  const { port } = await serveApp(t, {
    bodyBytesMax: 1 << 25,
    async infer(_inputs, _outputs, { signal }) {
      if (!signal.aborted) await once(signal, 'abort')
      abandoned.resolve(signal.reason)
      throw signal.reason
    },
  })
  const request = encodeInferRequest({ inputs: [sample('INT8')], binary: false }).body
  const body = gzipSync(String(request).padEnd(1 << 25))
  const socket = connect(port, '127.0.0.1')
  socket.write(`POST /v2/models/int8/infer HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\n`)
  socket.write(`Content-Length: ${body.length}\r\n\r\n`)
  socket.write(body, () => socket.destroy())
  assert.match(String(await abandoned.promise), /The caller closed the connection/)
})

test('thousands of calls at once get their own id and their own data', async (t) => {
  const { send } = await serveApp(t)
  const call = async (number: number) => {
    const id = `${number}-${'i'.repeat(number % 1000)}`
    const inputs: Tensor[] = [{ name: 'x', datatype: 'INT32', shape: [1], data: new Int32Array([number]) }]
    const { body, headerLength } = encodeInferRequest({ id, inputs, binary: number % 2 === 0 })
    const reply = await send('POST', '/v2/models/int32/infer', { body, headers: lengthHeader(headerLength) })
    assert.deepEqual(outputs(reply), inputs)
    assert.ok(reply.body.includes(`"id":"${id}"`))
  }
  for (let start = 0; start < 3000; start += 100) {
    await Promise.all(Array.from({ length: 100 }, (_, index) => call(start + index)))
  }
})

test('every datatype is among the samples', () => {
  assert.deepEqual(Object.keys(SAMPLES).toSorted(), Object.keys(DATATYPES).toSorted())
})
