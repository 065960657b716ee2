import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startTestGateway, type TestGateway } from './testing/start-test-gateway.ts'

const predict = '/models/probe/v1/predict'
const input = { input: { text: 'hi' } }
const infer = '{ models { probe { v1(input: {text: "hi"}) { id } } } }'

describe('with --admin-listen', () => {
  let gateway: TestGateway
  before(async () => {
    gateway = await startTestGateway({ adminListen: '127.0.0.1:0' })
  })
  after(() => gateway.stop())

  const admin = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(gateway.adminUrl + path, {
      method,
      headers: { authorization: `Bearer ${gateway.adminKey}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, body: /^[[{]/.test(text) ? JSON.parse(text) : text }
  }

  it('management is served there alone; the other address says where to ask', async () => {
    for (const [method, path] of [
      ['GET', '/api/v1/keys'],
      ['GET', '/api/v1/audit'],
      ['GET', '/api/v1/manifest'],
      ['GET', '/api/v1/calls'],
      ['GET', '/api/v1/status'],
      ['GET', '/metrics'],
    ] as const) {
      assert.equal((await admin(method, path)).status, 200, path)
      const { status, body } = await gateway.ask(method, path)
      assert.deepEqual([status, body.code], [404, 'unknown_route'], path)
      assert.match(body.next, /--admin-listen/)
      assert.doesNotMatch(JSON.stringify(body), RegExp(new URL(gateway.adminUrl ?? '').port))
    }
    const dashboard = await gateway.ask('GET', '/dashboard')
    assert.deepEqual([dashboard.status, /--admin-listen/.test(dashboard.body.next)], [404, true])
  })

  it('what callers need stays where they call', async () => {
    const call = await gateway.ask('POST', predict, input)
    assert.equal(call.status, 200)
    for (const path of ['/api/v1/deployments', '/api/v1/contracts', '/health/ready', '/openapi.json']) {
      assert.equal((await gateway.ask('GET', path)).status, 200, path)
    }
    const judged = await gateway.ask('POST', '/api/v1/feedback', { call: call.body.id, metric: 'good', value: true })
    assert.equal(judged.status, 200)
  })

  it('no model is called there, whatever the door', async () => {
    for (const path of [predict, '/v1/chat/completions', '/anthropic/v1/messages', '/v2/models/probe/infer']) {
      assert.equal((await admin('POST', path, input)).status, 404, path)
    }
    const { body } = await admin('POST', '/graphql', { query: infer })
    assert.match(body.errors[0].message, /Cannot query field "models"/)
  })

  it('GraphQL and OpenAPI show at each address what is served there', async () => {
    const keys = '{ keys { keys { id } } }'
    assert.ok((await admin('POST', '/graphql', { query: keys })).body.data.keys.keys.length > 0)
    const elsewhere = await gateway.graphql(keys)
    assert.match(elsewhere.body.errors[0].message, /Cannot query field "keys"/)
    assert.equal((await gateway.graphql(infer)).status, 200)
    const paths = async (of: { body: { paths: object } }) => Object.keys(of.body.paths)
    const [open, apart] = [
      await paths(await gateway.ask('GET', '/openapi.json')),
      await paths(await admin('GET', '/openapi.json')),
    ]
    assert.deepEqual([open.includes(predict), apart.includes(predict)], [true, false])
    assert.deepEqual([open.includes('/api/v1/keys'), apart.includes('/api/v1/keys')], [false, true])
  })
})

describe('without it', () => {
  it('everything is served at one address', async () => {
    const gateway = await startTestGateway()
    try {
      assert.equal(gateway.adminUrl, undefined)
      for (const path of ['/api/v1/keys', '/metrics']) assert.equal((await gateway.ask('GET', path)).status, 200)
    } finally {
      await gateway.stop()
    }
  })
})
