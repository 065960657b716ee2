import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anthropicCountTokens } from './count-tokens.ts'
import { anthropicMessages } from './messages.ts'

const wish = { model: 'claude "x"', stream: true, tellsStreamUsage: true }

for (const { name, ask } of [anthropicMessages, anthropicCountTokens]) {
  test(`${name} passes a request on in its own bytes, but for the model's name`, () => {
    const bytes = Buffer.from('{ "model":"support", "seed":12345678901234567890, "mcp_servers": [] }')
    const body = JSON.parse(bytes.toString())
    const forwarded = ask.forward(
      { dialect: name, bytes, body, items: 1, canonical: () => assert.fail('needs no canonical form') },
      wish,
    )
    const expected = '{ "model":"claude \\"x\\"", "seed":12345678901234567890, "mcp_servers": [] }'
    assert.equal(forwarded.bytes.toString(), expected)
    assert.equal(forwarded.hidesUsage, false)
  })
}
