import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { patientFetch } from './patient-fetch.ts'

test('a request goes out, and its answer comes back, as with fetch', async (context) => {
  const server = createServer(async (request, response) => {
    const { method, url, headers } = request
    const said = {
      method,
      url,
      length: headers['content-length'],
      match: headers['if-match'],
      body: await text(request),
    }
    response.writeHead(422, { 'content-type': 'application/problem+json' }).end(JSON.stringify(said))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  context.after(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const sent = { method: 'PUT', headers: { 'if-match': '"7"' }, body: '{"yaml":"ä"}' }
  const answers = await Promise.all([patientFetch(`${url}/a?b=1`, sent), fetch(`${url}/a?b=1`, sent)])
  const [patient, plain] = await Promise.all(
    answers.map(async (answer) => [answer.status, answer.ok, answer.headers.get('content-type'), await answer.json()]),
  )
  assert.deepEqual(patient, plain)
})

test('it rejects where nobody answers', async () => {
  const sent = { method: 'GET', headers: {}, body: null }
  await assert.rejects(patientFetch('http://127.0.0.1:9', sent), { code: /ECONNREFUSED|EACCES/ })
})
