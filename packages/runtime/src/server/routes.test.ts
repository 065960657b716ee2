import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serveApp } from './testing/serve-app.ts'

test('the configuration is in Triton’s words', async (t) => {
  const { send } = await serveApp(t)
  for (const path of ['/v2/models/bytes/config', '/v2/models/bytes/versions/1/config']) {
    const tensors = [{ name: 'x', data_type: 'TYPE_STRING', dims: [] }]
    assert.deepEqual(JSON.parse(String((await send('GET', path)).body)), {
      name: 'bytes',
      platform: 'echo',
      max_batch_size: 0,
      input: tensors,
      output: tensors,
    })
  }
  const { body } = await send('GET', '/v2/models/fp16/config')
  assert.equal(JSON.parse(String(body)).input[0].data_type, 'TYPE_FP16')
})

test('metrics are in Prometheus’ text format', async (t) => {
  const { send } = await serveApp(t)
  const { status, headers, body } = await send('GET', '/metrics')
  assert.deepEqual([status, String(body)], [200, 'a_metric 1\n'])
  assert.match(headers['content-type'] ?? '', /^text\/plain; version=0\.0\.4/)
})

test('load and unload take what clients send with them, and refuse what they would have to ignore', async (t) => {
  const { send, unloaded } = await serveApp(t)
  const post = async (path: string, body?: string) => {
    const reply = await send('POST', `/v2/repository/${path}`, body === undefined ? {} : { body })
    return [reply.status, JSON.parse(String(reply.body)).error]
  }
  for (const body of [undefined, '', '{}', '{"parameters":{}}']) {
    assert.deepEqual(await post('models/fp32/load', body), [200, undefined])
  }
  for (const parameter of ['config', 'file:1/model.onnx']) {
    const [status, error] = await post('models/fp32/load', JSON.stringify({ parameters: { [parameter]: '{}' } }))
    assert.deepEqual([status, /cannot be given with a load: put the files/.test(error)], [501, true])
  }
  assert.equal((await post('models/fp32/load', '{"parameters":[')).at(0), 400)
  assert.deepEqual(await post('models/fp32/unload', '{"parameters":{"unload_dependents":false}}'), [200, undefined])
  assert.deepEqual(unloaded, ['fp32'])
  assert.deepEqual(await post('index', '{"ready":"yes"}'), [400, '"yes" is not true or false for ready'])
})
