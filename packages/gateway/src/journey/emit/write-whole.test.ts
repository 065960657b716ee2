import assert from 'node:assert/strict'
import { test } from 'node:test'
import Fastify from 'fastify'
import { writeWhole } from './write-whole.ts'

const texts = { short: 'ä – 漢 🎉', long: 'ä – 漢 🎉'.repeat(3000) } as const

const forms = {
  text: (text: string) => text,
  bytes: (text: string) => Buffer.from(text),
  'bytes as text': (text: string) => ({ latin1: Buffer.from(text).toString('latin1') }),
} as const

function openServer(stopping: boolean) {
  const http = Fastify()
  http.decorate('isStopping', () => stopping)
  http.get<{ Params: { length: keyof typeof texts; form: keyof typeof forms } }>(
    '/:length/:form',
    ({ params }, reply) => {
      const text = texts[params.length]
      reply.raw.setHeader('deprecation', '@1')
      return writeWhole(reply, ['astra-version', '1.0'], 'text/plain', forms[params.form](text))
    },
  )
  return http
}

for (const length of ['short', 'long'] as const) {
  for (const form of Object.keys(forms)) {
    test(`a ${length} body of ${form} arrives whole over a connection, with every header`, async () => {
      const http = openServer(false)
      const response = await fetch(`${await http.listen()}/${length}/${form}`)
      assert.equal(await response.text(), texts[length])
      const { headers } = response
      assert.equal(headers.get('content-length'), String(Buffer.byteLength(texts[length])))
      assert.deepEqual([headers.get('astra-version'), headers.get('deprecation')], ['1.0', '@1'])
      assert.equal(headers.get('connection'), 'keep-alive')
      await http.close()
    })
  }
}

test('while the gateway stops an answer is the last on its connection', async () => {
  const http = openServer(true)
  const response = await fetch(`${await http.listen()}/short/bytes`)
  assert.equal(response.headers.get('connection'), 'close')
  await http.close()
})
