import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startScriptedUpstream } from './testing/scripted-upstream.ts'
import { type SpawnedGateway, spawnGateway } from './testing/spawn-gateway.ts'
import { clientSecret, startOidcProvider } from './testing/start-oidc-provider.ts'
import { waitUntil } from './testing/wait-until.ts'

/** Who calls, by tokens of a real OpenID Connect provider and by tokens that the gateway mints, at every door. */

const audience = 'urn:astraapi:tests'
const page = 'https://shop.example.com'

interface Door {
  readonly method?: string
  readonly path: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Of a call that leaves a Record. */
  readonly door?: string
}

const text = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] }
const scripted = {
  type: 'object',
  properties: { text: { type: 'string' }, script: { type: 'string' } },
  required: ['text', 'script'],
}
const chat = { model: 'chat', messages: [{ role: 'user', content: 'hi' }] }
const doors: Readonly<Record<string, Door>> = {
  native: { path: '/models/probe/v1/predict', body: { input: { text: 'hi' } }, door: 'native' },
  'native, streamed': {
    path: '/models/probe/v1/predict',
    body: { input: { text: 'hi' } },
    headers: { accept: 'text/event-stream' },
    door: 'native',
  },
  graphql: {
    path: '/graphql',
    body: { query: '{ models { probe { v1(input: {text: "hi"}) { output { text } } } } }' },
    door: 'graphql',
  },
  'open inference': {
    path: '/oip/v2/models/tensors@v1/infer',
    body: {
      inputs: ['text', 'script'].map((name) => ({ name, datatype: 'BYTES', shape: [1], data: ['{}'] })),
    },
    door: 'oip',
  },
  openai: { path: '/openai/v1/chat/completions', body: chat, door: 'openai' },
  anthropic: { path: '/anthropic/v1/messages', body: { ...chat, max_tokens: 9 }, door: 'anthropic' },
  'models of openai': { method: 'GET', path: '/openai/v1/models' },
  platform: { method: 'GET', path: '/api/v1/deployments' },
  'open inference index': { path: '/v2/repository/index', body: {} },
}

let provider: Awaited<ReturnType<typeof startOidcProvider>>
let vendor: Server
let upstream: Awaited<ReturnType<typeof startScriptedUpstream>>
let gateway: SpawnedGateway
let said = ''
/** Everything that nobody may find again. */
const secrets = new Set<string>([clientSecret])

before(async () => {
  provider = await startOidcProvider(['checkout', 'stranger', 'boss', 'nobody'], (client) =>
    client === 'boss' ? ['ml-admin'] : client === 'nobody' ? [] : ['caller'],
  )
  vendor = createServer((_request, response) => {
    const message = { role: 'assistant', content: 'hello' }
    const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
    const choices = [{ index: 0, message, finish_reason: 'stop' }]
    const answer = { id: 'c', object: 'chat.completion', created: 1, model: 'm', choices, usage }
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer))
  }).listen(0, '127.0.0.1')
  await once(vendor, 'listening')
  const replica = `http://127.0.0.1:${(vendor.address() as AddressInfo).port}`
  upstream = await startScriptedUpstream()
  gateway = await spawnGateway(manifest(provider.issuer, replica), { ASTRA_LOG_LEVEL: 'trace' }, (line) => {
    said += line
  }).catch((thrown) => assert.fail(`${thrown}\n${said}`))
})
after(async () => {
  await gateway?.stop()
  await provider?.close()
  await upstream?.close()
  vendor?.closeAllConnections()
  vendor?.close()
})

function manifest(issuer: string, replica: string) {
  const custom = { input: text, output: text, chunk: text, streams: true }
  const echo = { backend: 'echo', words: 'text', scripted: true }
  return {
    models: {
      probe: { owner: 'probe-team', contracts: { v1: { ...custom, versions: { '1.0': echo } } } },
      other: { owner: 'other-team', contracts: { v1: { ...custom, versions: { '1.0': echo } } } },
      tensors: {
        owner: 'tensor-team',
        contracts: { v1: { input: scripted, output: text, versions: { '1.0': { replicas: [upstream.url] } } } },
      },
      chat: {
        owner: 'chat-team',
        contracts: {
          v1: { task: 'chat', versions: { '1.0': { backend: 'openai', model: 'm', replicas: [replica] } } },
        },
      },
    },
    consumers: { shop: { origins: [page] }, ops: {} },
    issuers: {
      company: {
        issuer,
        audience,
        claims: { consumer: { claim: 'client_id', values: { checkout: 'shop', boss: 'ops', nobody: 'ops' } } },
        permissions: [
          { claim: 'roles', value: 'caller', permissions: ['infer'], models: ['probe', 'chat', 'tensors'] },
          { claim: 'roles', value: 'ml-admin', permissions: ['admin'] },
        ],
      },
    },
  }
}

async function send({ method = 'POST', path, body, headers }: Door, given: Readonly<Record<string, string>> = {}) {
  const response = await fetch(gateway.url + path, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers, ...given },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

async function issued(client = 'checkout', resource = audience): Promise<string> {
  const token = await provider.tokenFor(client, resource)
  secrets.add(token)
  return token
}

async function newKey(body: object): Promise<{ readonly id: string; readonly secret: string }> {
  const made = await send({ path: '/api/v1/keys', body }, bearer(gateway.adminKey))
  assert.equal(made.status, 200, made.text)
  const key = JSON.parse(made.text)
  secrets.add(key.secret)
  return key
}

async function mint(key: string, body: object = {}): Promise<string> {
  const made = await send({ path: '/api/v1/tokens', body }, bearer(key))
  assert.equal(made.status, 200, made.text)
  const { token } = JSON.parse(made.text)
  secrets.add(token)
  return token
}

/** Of the call that was answered, as soon as it can be read. */
async function recordOf({ headers }: { readonly headers: Headers }): Promise<Readonly<Record<string, unknown>>> {
  const id = headers.get('astra-call-id')
  assert.ok(id)
  let found = ''
  await waitUntil(
    `the Record of ${id}`,
    async () => {
      const read = await send({ method: 'GET', path: `/api/v1/calls/${id}` }, bearer(gateway.adminKey))
      found = read.text
      return read.status === 200
    },
    3000,
  )
  return JSON.parse(found).call
}

for (const [name, door] of Object.entries(doors)) {
  describe(`the door ${name}`, () => {
    it("lets a token of the provider's in, and its Record says whose", async () => {
      const token = await issued()
      const answer = await send(door, bearer(token))
      assert.equal(answer.status, 200, answer.text)
      assert.doesNotMatch(answer.text, /"errors"/)
      if (door.door === undefined) return
      const record = await recordOf(answer)
      const { consumer, keyId } = record
      assert.deepEqual([record.door, consumer], [door.door, 'shop'])
      assert.match(String(keyId), /^issuer:company:[0-9a-f]{12}$/)
    })

    it('takes it as x-api-key too, and a minted one by either', async () => {
      const { secret } = await newKey({ consumer: 'shop' })
      const minted = await mint(secret)
      for (const headers of [{ 'x-api-key': await issued() }, { 'x-api-key': minted }, bearer(minted)])
        assert.equal((await send(door, headers)).status, 200)
    })

    it('401 for a forged one, one for others and an unsigned one, with what RFC 6750 asks for', async () => {
      const [header = '', payload = '', signature = ''] = (await issued()).split('.')
      const none = Buffer.from('{"alg":"none"}').toString('base64url')
      for (const token of [
        await issued('checkout', 'urn:somebody:else'),
        `${header}.${payload}.${signature.slice(0, 40)}AAAA${signature.slice(44)}`,
        `${none}.${payload}.`,
        `${none}.${payload}.${signature}`,
        `${header}.${payload}.${'A'.repeat(9000)}`,
      ]) {
        secrets.add(token)
        const answer = await send(door, bearer(token))
        assert.equal(answer.status, 401, answer.text)
        assert.equal(answer.headers.get('astra-error-code'), 'invalid_token')
        assert.equal(answer.headers.get('www-authenticate'), 'Bearer realm="astraapi", error="invalid_token"')
      }
    })

    it('403 for a client that is no consumer here, and for one that nothing is given', async () => {
      for (const client of ['stranger', 'nobody']) {
        const answer = await send(door, bearer(await issued(client)))
        assert.equal(answer.status, 403, answer.text)
        assert.equal(answer.headers.get('astra-error-code'), 'forbidden')
        assert.match(answer.text, /company/)
      }
    })
  })
}

describe('what a token may', () => {
  const predict = (model: string): Door => ({ path: `/models/${model}/v1/predict`, body: { input: { text: 'hi' } } })
  const keys: Door = { method: 'GET', path: '/api/v1/keys' }

  it('is what its claims stand for', async () => {
    const caller = bearer(await issued())
    assert.equal((await send(predict('other'), caller)).headers.get('astra-error-code'), 'model_forbidden')
    assert.equal((await send(keys, caller)).status, 403)
    const boss = bearer(await issued('boss'))
    assert.equal((await send(predict('other'), boss)).status, 200)
    assert.equal((await send(keys, boss)).status, 200)
  })

  it('of a minted one is to call, with fewer models than its key, and never to make another', async () => {
    const { secret } = await newKey({ consumer: 'ops', permissions: ['admin'] })
    const minted = bearer(await mint(secret, { models: ['probe'] }))
    assert.equal((await send(predict('probe'), minted)).status, 200)
    assert.equal((await send(predict('other'), minted)).headers.get('astra-error-code'), 'model_forbidden')
    assert.equal((await send(keys, minted)).status, 403)
    for (const headers of [minted, bearer(await issued('boss'))]) {
      const asked = await send({ path: '/api/v1/tokens', body: {} }, headers)
      assert.equal(asked.status, 403)
      assert.match(asked.text, /A token cannot make tokens/)
    }
  })

  it('ends at once with the key that made it', async () => {
    const { id, secret } = await newKey({ consumer: 'shop' })
    const minted = bearer(await mint(secret))
    assert.equal((await send(predict('probe'), minted)).status, 200)
    await send({ method: 'DELETE', path: `/api/v1/keys/${id}` }, bearer(gateway.adminKey))
    const answer = await send(predict('probe'), minted)
    assert.deepEqual([answer.status, answer.headers.get('astra-error-code')], [401, 'key_revoked'])
  })

  it('is bound to its unit at every door', async () => {
    const { secret } = await newKey({ consumer: 'ops' })
    const minted = bearer(await mint(secret, { unit: 'customer-7', session: 'session-7' }))
    for (const door of Object.values(doors).filter((one) => one.door !== undefined)) {
      const answer = await send(door, { ...minted, 'astra-unit': 'somebody-else', 'astra-session': 'other' })
      assert.equal(answer.status, 200, answer.text)
      assert.equal((await recordOf(answer)).session, 'session-7')
    }
  })
})

describe('a page', () => {
  const door: Door = { path: '/models/probe/v1/predict', body: { input: { text: 'hi' } } }
  const preflight = (origin: string) =>
    send(
      { method: 'OPTIONS', path: door.path },
      {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,astra-unit',
      },
    )
  const allowedOrigin = ({ headers }: { readonly headers: Headers }) => headers.get('access-control-allow-origin')

  it('of a consumer’s origin is let in before it sends its token', async () => {
    const answer = await preflight(page)
    assert.deepEqual([answer.status, allowedOrigin(answer), answer.text], [204, page, ''])
    assert.equal(answer.headers.get('access-control-allow-headers'), 'authorization,content-type,astra-unit')
  })

  it('of another origin is not', async () => {
    const answer = await preflight('https://evil.example.com')
    assert.deepEqual([answer.status, allowedOrigin(answer)], [403, null])
    assert.equal(answer.headers.get('astra-error-code'), 'origin_forbidden')
  })

  for (const [name, one] of Object.entries(doors)) {
    it(`may read the answer and its headers at the door ${name}`, async () => {
      const answer = await send(one, { ...bearer(await issued()), origin: page })
      assert.deepEqual([answer.status, allowedOrigin(answer)], [200, page], answer.text)
      assert.match(answer.headers.get('access-control-expose-headers') ?? '', /Astra-Call-Id.*RateLimit.*Retry-After/)
      assert.match(answer.headers.get('vary') ?? '', /Origin/)
      assert.equal(answer.headers.get('access-control-allow-credentials'), null)
    })
  }

  it('of another origin cannot use a token, a minted token or a key that got out', async () => {
    const { secret } = await newKey({ consumer: 'shop' })
    for (const token of [await issued(), await mint(secret), secret]) {
      const answer = await send(door, { ...bearer(token), origin: 'https://evil.example.com' })
      assert.deepEqual([answer.status, allowedOrigin(answer)], [403, null])
      assert.equal(answer.headers.get('astra-error-code'), 'origin_forbidden')
    }
  })

  it('learns that its token is no good any more', async () => {
    const answer = await send(door, { ...bearer('e30.e30.AAAA'), origin: page })
    assert.deepEqual([answer.status, allowedOrigin(answer)], [401, page])
  })

  it('may read a refusal, and cannot poison an answer with its origin', async () => {
    const refused = await send({ ...door, body: {} }, { ...bearer(await issued()), origin: page })
    assert.deepEqual([refused.status, allowedOrigin(refused)], [400, page])
    const { secret } = await newKey({ consumer: 'ops' })
    const open = await send(door, { ...bearer(secret), origin: 'https://evil.example.com' })
    assert.deepEqual([open.status, allowedOrigin(open), open.headers.get('vary')], [200, null, 'Origin'])
  })
})

it('what docs/identity.md declares is a manifest', async () => {
  const page = await readFile(new URL('../docs/identity.md', import.meta.url), 'utf8')
  const blocks = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, block]) => `models: {}\n${block}`)
  assert.equal(blocks.length, 2)
  for (const yaml of blocks) {
    const planned = await send({ path: '/api/v1/manifest/plan', body: { yaml } }, bearer(gateway.adminKey))
    assert.deepEqual([planned.status, JSON.parse(planned.text).faults], [200, []], planned.text)
  }
})

it('without its provider a gateway goes on with the keys that it has', async () => {
  const token = await issued()
  await provider.close()
  assert.equal((await send(doors.native ?? assert.fail(), bearer(token))).status, 200)
})

it('no token, key or client secret is in what the gateway said or keeps', async () => {
  const kept = await Promise.all(
    (await readdir(gateway.data, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => readFile(join(entry.parentPath, entry.name), 'latin1')),
  )
  assert.ok(secrets.size > 50)
  assert.ok(kept.join('').includes('issuer:company:'), 'the Records are among what is searched')
  for (const secret of secrets) {
    // Of a token its signature is the secret: the rest is only what it claims, and others may carry the same.
    const part = secret.split('.').at(-1) || secret
    assert.equal(said.includes(part), false)
    assert.equal(
      kept.some((text) => text.includes(part)),
      false,
    )
  }
})
