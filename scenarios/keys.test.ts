import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startTestGateway, type TestGateway } from './testing/start-test-gateway.ts'

const predict = '/models/probe/v1/predict'
const input = { input: { text: 'hi' } }

describe('keys', () => {
  let gateway: TestGateway
  before(async () => {
    // Whoever calls from this machine stands for a proxy in front, and says for whom it calls.
    gateway = await startTestGateway({ trustedProxies: '127.0.0.0/8' })
  })
  after(() => gateway.stop())

  const create = async (grant: object = {}) =>
    (await gateway.ask('POST', '/api/v1/keys', { consumer: 'tests', ...grant })).body
  const call = async (key: string, from?: string) => {
    const headers = from === undefined ? {} : { 'X-Forwarded-For': from }
    const { status, body } = await gateway.ask('POST', predict, input, { key, headers })
    return status === 200 ? 200 : `${status} ${body.code}`
  }

  it('a rotated key works beside its successor until the overlap ends', async () => {
    const old = await create({ note: 'of the shop' })
    const { body: next } = await gateway.ask('POST', `/api/v1/keys/${old.id}/rotate`, { overlap: '1h' })
    assert.deepEqual([next.replaces, next.note, next.consumer], [old.id, 'of the shop', 'tests'])
    assert.deepEqual([await call(old.secret), await call(next.secret)], [200, 200])
    const { body: last } = await gateway.ask('POST', `/api/v1/keys/${next.id}/rotate`, { overlap: '0' })
    assert.deepEqual([await call(next.secret), await call(last.secret)], ['401 key_expired', 200])
    const again = await gateway.ask('POST', `/api/v1/keys/${next.id}/rotate`, {})
    assert.deepEqual([again.status, again.body.code], [401, 'key_expired'])
  })

  it('a key may be used from its addresses alone, whatever door it comes to', async () => {
    const { secret, addresses } = await create({ addresses: ['10.0.0.0/8', '2001:db8::/32'] })
    assert.deepEqual(addresses, ['10.0.0.0/8', '2001:db8::/32'])
    assert.deepEqual([await call(secret, '10.1.2.3'), await call(secret, '2001:db8::7')], [200, 200])
    for (const from of [undefined, '11.0.0.1', 'rubbish', '10.1.2.3, 11.0.0.1']) {
      assert.equal(await call(secret, from), '403 address_forbidden', String(from))
    }
    const refused = { key: secret, headers: { 'X-Forwarded-For': '11.0.0.1' } }
    for (const path of ['/graphql', '/v1/chat/completions', '/anthropic/v1/messages', '/v2/models/probe/infer']) {
      const { status, headers } = await gateway.ask('POST', path, {}, refused)
      assert.deepEqual([status, headers.get('astra-error-code')], [403, 'address_forbidden'], path)
    }
  })

  it('a token may be used from where its key may, and follows it', async () => {
    const { id, secret, revision } = await create({ addresses: ['10.0.0.0/8'] })
    const headers = { 'X-Forwarded-For': '10.1.2.3' }
    const { token } = (await gateway.ask('POST', '/api/v1/tokens', {}, { key: secret, headers })).body
    const from = async () => [await call(token, '10.1.2.3'), await call(token, '11.0.0.1')]
    assert.deepEqual(await from(), [200, '403 address_forbidden'])
    const wider = { addresses: ['11.0.0.0/8'] }
    await gateway.ask('PUT', `/api/v1/keys/${id}`, wider, { headers: { 'If-Match': `"${revision}"` } })
    assert.deepEqual(await from(), ['403 address_forbidden', 200])
  })

  it('whose call was refused asks why with the key that may only infer; of others it learns nothing', async () => {
    const mine = await create({ limits: { requests: '1/day' } })
    assert.equal(await call(mine.secret), 200)
    const { body: refusal } = await gateway.ask('POST', predict, input, { key: mine.secret })
    const why = await gateway.ask('GET', `/api/v1/calls/${refusal.callId}/explain`, undefined, { key: mine.secret })
    assert.deepEqual(
      [why.status, why.body.code, why.body.refusedBy.owner],
      [200, 'rate_limited', { kind: 'key', name: mine.id }],
    )
    assert.match(why.body.why, /by the limit of key key_\w+, 1 request a day: none of them left\. It frees at/)
    const query = `{ explainCall(id: "${refusal.callId}") { why story } }`
    const graphql = await gateway.graphql(query, {}, { key: mine.secret })
    assert.deepEqual(graphql.body.data, { explainCall: { why: why.body.why, story: [] } })
    const other = (await gateway.ask('POST', '/api/v1/keys', { consumer: 'demo' })).body
    const path = `/api/v1/calls/${refusal.callId}/explain`
    const { status, body } = await gateway.ask('GET', path, undefined, { key: other.secret })
    assert.deepEqual([status, body.code], [404, 'unknown_call'])
    assert.equal(
      (await gateway.ask('GET', `/api/v1/calls/${refusal.callId}`, undefined, { key: mine.secret })).status,
      403,
    )
  })

  it('of what a client says behind the proxy only the last word counts: the proxy’s own', async () => {
    const { secret } = await create({ addresses: ['10.0.0.0/8'] })
    assert.equal(await call(secret, '10.1.2.3, 11.0.0.1'), '403 address_forbidden')
    assert.equal(await call(secret, '11.0.0.1, 10.1.2.3'), 200)
  })

  it('limits are written as in the manifest, and changed one by one', async () => {
    const made = await create({ limits: { requests: '100/minute', tokens: { rate: '10/hour', burst: 5 } } })
    assert.deepEqual(made.limits, { requests: '100/minute', tokens: { rate: '10/hour', burst: 5 } })
    const path = `/api/v1/keys/${made.id}`
    const any = { headers: { 'If-Match': '*' } }
    const change = { limits: { budget: { day: 2 } }, expiresAt: '30d' }
    assert.equal((await gateway.ask('PUT', path, change)).body.code, 'precondition_required')
    const at = (revision: number) => ({ headers: { 'If-Match': `"${revision}"` } })
    const { body: changed, headers } = await gateway.ask('PUT', path, change, at(made.revision))
    assert.deepEqual([changed.limits, headers.get('etag')], [{ budget: { day: 2 } }, '"2"'])
    const late = await gateway.ask('PUT', path, { note: 'late' }, at(made.revision))
    assert.deepEqual([late.status, late.body.code], [412, 'precondition_failed'])
    assert.ok(Date.parse(changed.expiresAt) > Date.now() + 29 * 86_400_000)
    const { body: freed } = await gateway.ask('PUT', path, { limits: {}, expiresAt: 'never' }, any)
    assert.deepEqual([freed.limits, freed.expiresAt], [undefined, undefined])
    for (const [field, value] of Object.entries({
      limits: { requests: '100 a minute' },
      addresses: ['10.0.0.0/64'],
      expiresAt: '2020-01-01',
    })) {
      const { status, body } = await gateway.ask('PUT', path, { [field]: value }, any)
      assert.deepEqual([status, body.code], [422, 'invalid_input'], field)
      assert.match(body.detail, RegExp(field))
    }
  })

  it('last use is told, of good calls only', async () => {
    const { id, secret } = await create({ addresses: ['10.0.0.0/8'] })
    const used = async () =>
      (await gateway.ask('GET', '/api/v1/keys')).body.keys.find((key: { id: string }) => key.id === id).lastUsedAt
    await call(secret, '11.0.0.1')
    assert.equal(await used(), undefined)
    await call(secret, '10.0.0.1')
    assert.ok(Date.parse(await used()) > Date.now() - 60_000)
  })

  it('what is no key, or an odd one, is 401 or no HTTP, and nothing else', async () => {
    const bytes = (code: number, length = 55) => Buffer.alloc(length, code)
    for (const [odd, status] of [
      [bytes(0x78, 1), 401],
      [bytes(0x78, 10_000), 401],
      [bytes(0xe9), 401],
      [bytes(0xff), 401],
      [Buffer.concat([Buffer.from('astra_'), bytes(0x80, 49)]), 401],
      [Buffer.from(`astra_${'é'.repeat(24)}x`), 401],
      // Node's parser refuses control characters in a header, and headers above 16 KiB.
      [bytes(0), 400],
      [bytes(0x01), 400],
      [bytes(0x78, 20_000), 431],
    ] as const) {
      assert.equal(await statusOf(gateway.url, odd), status, `${odd.length} of ${odd[0]}`)
    }
    assert.equal((await gateway.ask('GET', '/health/live')).status, 200)
  })
})

/** Sent byte by byte: no client would. */
async function statusOf(url: string, key: Buffer): Promise<number> {
  const { port, hostname } = new URL(url)
  const socket = connect(Number(port), hostname)
  try {
    const head = `POST ${predict} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nAuthorization: Bearer `
    socket.write(Buffer.concat([Buffer.from(head), key, Buffer.from('\r\n\r\n')]))
    const [answer] = await once(socket, 'data')
    return Number(/^HTTP\/1\.1 (\d+)/.exec(String(answer))?.[1])
  } finally {
    socket.destroy()
  }
}

describe('without trusted proxies', () => {
  it('X-Forwarded-For is not believed, whoever sends it', async () => {
    const gateway = await startTestGateway()
    try {
      const { body: key } = await gateway.ask('POST', '/api/v1/keys', { consumer: 'tests', addresses: ['10.0.0.0/8'] })
      for (const name of ['X-Forwarded-For', 'X-Real-IP', 'Forwarded', 'CF-Connecting-IP', 'True-Client-IP']) {
        const headers = { [name]: name === 'Forwarded' ? 'for=10.1.2.3' : '10.1.2.3' }
        const { status } = await gateway.ask('POST', predict, input, { key: key.secret, headers })
        assert.equal(status, 403, name)
      }
      const any = { headers: { 'If-Match': '*' } }
      await gateway.ask('PUT', `/api/v1/keys/${key.id}`, { addresses: ['127.0.0.1'] }, any)
      assert.equal((await gateway.ask('POST', predict, input, { key: key.secret })).status, 200)
    } finally {
      await gateway.stop()
    }
  })

  it('last use outlives a restart', async () => {
    const data = await mkdtemp(join(tmpdir(), 'astra-keys-'))
    try {
      const uses = async (gateway: TestGateway) => {
        const { keys } = (await gateway.ask('GET', '/api/v1/keys')).body
        return keys.find((key: { note?: string }) => key.note === 'of the shop').lastUsedAt
      }
      const first = await startTestGateway({ data })
      const { body: key } = await first.ask('POST', '/api/v1/keys', { consumer: 'tests', note: 'of the shop' })
      await first.ask('POST', predict, input, { key: key.secret })
      const used = await uses(first)
      await first.stop()
      const second = await startTestGateway({ data })
      const still = await uses(second)
      await second.stop()
      assert.ok(used)
      assert.equal(still, used)
    } finally {
      await rm(data, { recursive: true, force: true })
    }
  })
})
