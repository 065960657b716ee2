import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anthropicEmit } from '../../emit/anthropic/anthropic-emit.ts'
import { openaiEmit } from '../../emit/openai/openai-emit.ts'
import { openWireBed } from './testing/wire-bed.ts'

type Method = 'GET' | 'POST' | 'DELETE'

const refused: readonly (readonly [method: Method, path: string, next: RegExp])[] = [
  ['GET', '/openai/chat/completions', /Nothing is stored here/],
  ['DELETE', '/openai/chat/completions/chatcmpl-1', /Nothing is stored here/],
  ['GET', '/openai/responses/resp_1', /send the whole conversation/],
  ['POST', '/openai/responses/resp_1/cancel', /send the whole conversation/],
  ['DELETE', '/openai/models/spam', /astraapi apply/],
  ['POST', '/openai/files', /inside the message/],
  ['GET', '/openai/files/file-1/content', /inside the message/],
  ['POST', '/openai/batches', /one by one/],
  ['POST', '/openai/audio/transcriptions', /POST \/models\/\{model\}/],
  ['POST', '/openai/images/generations', /POST \/models\/\{model\}/],
  ['POST', '/openai/assistants', /send the whole conversation/],
  ['POST', '/openai/threads/t/runs', /send the whole conversation/],
  ['POST', '/anthropic/messages/batches', /one by one/],
  ['GET', '/anthropic/messages/batches/b/results', /one by one/],
  ['POST', '/anthropic/files', /inside the message/],
  ['POST', '/anthropic/complete', /POST messages/],
]

for (const [method, path, next] of refused) {
  test(`${method} ${path}: 400, and what to do instead`, async () => {
    const { http, calls, refused: records } = openWireBed({ openai: openaiEmit, anthropic: anthropicEmit })
    const { statusCode, headers, body } = await http.inject({ method, url: `${path}?secret=1` })
    const { message, type } = JSON.parse(body).error
    assert.deepEqual([statusCode, headers['astra-error-code'], type], [400, 'unsupported', 'invalid_request_error'])
    assert.equal(headers['x-should-retry'], 'false')
    assert.ok(message.startsWith(`${method} ${path} is not supported. `), message)
    assert.match(message, next)
    assert.deepEqual([calls, records], [[], []])
  })
}
