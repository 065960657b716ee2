import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forwardRequest } from './forward.ts'

function forwarded(text: string, stream: boolean, tellsStreamUsage = true): readonly unknown[] {
  const request = {
    dialect: 'openai-chat',
    bytes: Buffer.from(text),
    body: JSON.parse(text),
    items: 1,
    canonical: () => [],
  } as const
  const { bytes, hidesUsage } = forwardRequest(request, { model: 'up', stream, tellsStreamUsage })
  return [bytes.toString(), hidesUsage]
}

test('only the model is exchanged', () => {
  const text = '{ "seed": 90071992547409931, "model": "m", "x": {"model": "m"} }'
  assert.deepEqual(forwarded(text, false), [text.replace('"m"', '"up"'), false])
})

test("a stream's usage is asked for, and hidden from those who did not ask", () => {
  const options = (json: string) => `{"model":"up","stream":true,"stream_options":${json}}`
  assert.deepEqual(forwarded('{"model":"m","stream":true}', true), [options('{"include_usage":true}'), true])
  assert.deepEqual(forwarded(options('null'), true), [options('{"include_usage":true}'), true])
  const others = '{"include_obfuscation":false,"include_usage":true}'
  assert.deepEqual(forwarded(options('{"include_obfuscation":false}'), true), [options(others), true])
  assert.deepEqual(forwarded(options('{"include_usage":true}'), true), [options('{"include_usage":true}'), false])
  const asked = options('{"include_usage":true}')
  assert.deepEqual(forwarded(options('{"include_usage":true,"Include_Usage":false}'), true), [asked, false])
  assert.deepEqual(forwarded(options('{"include_usage":false,"include_usage":true}'), true), [asked, false])
  assert.deepEqual(forwarded(options('7'), true), [options('7'), false])
  assert.deepEqual(forwarded('{"model":"m","stream":true}', true, false), ['{"model":"up","stream":true}', false])
})
