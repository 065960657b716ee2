import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFakeGateway } from '../test/fake-gateway.ts'
import { json, problem, raw } from '../test/wire.ts'
import { createAstra } from './create-astra.ts'

test('a query, its lists joined, what is undefined left out', async (t) => {
  const gateway = await startFakeGateway(t, json(200, { rows: [] }))
  const astra = createAstra({ url: gateway.url, key: 'k' })
  const query = { since: '1h', by: ['model', 'version'], limit: 5, model: undefined, reference: 'a&b c' }
  assert.deepEqual(await astra.request('GET', '/usage', { query }), { data: { rows: [] }, etag: undefined })
  const [request] = gateway.requests
  const asked = new URL(request?.path ?? '', gateway.url)
  assert.equal(asked.pathname, '/api/v1/usage')
  assert.deepEqual(Object.fromEntries(asked.searchParams), {
    since: '1h',
    by: 'model,version',
    limit: '5',
    reference: 'a&b c',
  })
  assert.equal(request?.headers['content-type'], undefined)
})

test('a guarded write sends its ETag in quotes, and reads one without', async (t) => {
  const gateway = await startFakeGateway(t, json(200, { revision: 8 }, { etag: 'W/"8"' }))
  const astra = createAstra({ url: gateway.url, key: 'k' })
  for (const ifMatch of ['7', 7, '*'] as const) {
    const { data, etag } = await astra.request<{ revision: number }>('PUT', '/manifest', {
      body: { yaml: '' },
      ifMatch,
    })
    assert.equal(data.revision, 8)
    assert.equal(etag, '8')
  }
  assert.deepEqual(
    gateway.requests.map(({ headers }) => headers['if-match']),
    ['"7"', '"7"', '*'],
  )
  assert.deepEqual(gateway.requests[0]?.body, { yaml: '' })
})

test('an answer without a body has no data', async (t) => {
  const gateway = await startFakeGateway(t, raw(204, ''))
  const answer = await createAstra({ url: gateway.url, key: 'k' }).request('DELETE', '/keys/key_1')
  assert.deepEqual(answer, { data: undefined, etag: undefined })
})

test('refusals name every place', async (t) => {
  const errors = [{ path: 'models.spam.ownr', message: 'is unknown', suggestion: 'owner', line: 3 }, 'not a place']
  const gateway = await startFakeGateway(t, problem('invalid_manifest', 422, { errors }))
  const astra = createAstra({ url: gateway.url, key: 'k' })
  await assert.rejects(astra.request('PUT', '/manifest', { body: {}, ifMatch: '*' }), {
    name: 'InputError',
    code: 'invalid_manifest',
    violations: errors.slice(0, 1),
  })
})

test('a page that is not the platform’s is no answer', async (t) => {
  const gateway = await startFakeGateway(t, raw(200, '<html>', { 'content-type': 'text/html' }))
  const astra = createAstra({ url: gateway.url, key: 'k' })
  await assert.rejects(astra.request('GET', '/status'), { code: 'invalid_answer', detail: /text\/html.*"<html>"/ })
})
