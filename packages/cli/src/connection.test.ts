import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fakeGateway, runWith } from './fake-gateway.ts'

async function setUp(context: TestContext) {
  const data = await mkdtemp(join(tmpdir(), 'astra-cli-'))
  context.after(() => rm(data, { recursive: true }))
  await writeFile(join(data, 'admin.key'), 'astra_admin\n')
  const gateway = await fakeGateway(context, { 'GET /api/v1/keys': { body: { keys: [] } } })
  const keySent = () => gateway.asked.at(-1)?.headers.authorization
  return { ...gateway, data, keySent }
}

test('the key is --key-file, else ASTRA_KEY, else the admin key of the data folder', async (context) => {
  const { listen, data, keySent } = await setUp(context)
  await writeFile(join(data, 'other.key'), 'astra_other')
  const env = { ASTRA_LISTEN: listen, ASTRA_DATA: data }
  const list = ['keys', 'list']
  assert.equal((await runWith(list, { env })).code, 0)
  assert.equal(keySent(), 'Bearer astra_admin')
  assert.equal((await runWith(list, { env: { ...env, ASTRA_KEY: 'astra_env', ASTRA_DATA: '' } })).code, 0)
  assert.equal(keySent(), 'Bearer astra_env')
  const file = ['--key-file', join(data, 'other.key')]
  assert.equal((await runWith([...list, ...file], { env: { ...env, ASTRA_KEY: 'astra_env' } })).code, 0)
  assert.equal(keySent(), 'Bearer astra_other')
})

test('the gateway is --url, else ASTRA_URL, else what --listen and ASTRA_LISTEN name', async (context) => {
  const { listen, data, asked } = await setUp(context)
  const port = listen.split(':')[1]
  const list = ['keys', 'list', '--data', data]
  for (const [argv, env] of [
    [['--url', `http://${listen}/`], { ASTRA_URL: 'http://127.0.0.1:1' }],
    [[], { ASTRA_URL: `http://localhost:${port}`, ASTRA_LISTEN: '127.0.0.1:1' }],
    [['--listen', listen], { ASTRA_LISTEN: '127.0.0.1:1' }],
    [[], { ASTRA_LISTEN: `0.0.0.0:${port}` }],
  ] as const) {
    assert.equal((await runWith([...list, ...argv], { env })).code, 0, JSON.stringify([argv, env]))
  }
  assert.equal(asked.length, 4)
})

test('2 without a key; the admin key of this machine goes nowhere else', async (context) => {
  const { data } = await setUp(context)
  const nowhere = await runWith(['keys', 'list', '--data', join(data, 'none')], {})
  assert.equal(nowhere.code, 2)
  assert.match(nowhere.notes, /cannot be read \(ENOENT\)\. Set ASTRA_KEY/)
  for (const url of [
    'https://astra.example.com',
    'http://127.0.0.1.example.com',
    'http://localhost.example.com:8787',
  ]) {
    const foreign = await runWith(['keys', 'list', '--data', data, '--url', url], {})
    assert.equal(foreign.code, 2)
    assert.match(foreign.notes, /^Which key for /)
  }
})

test('2 for an address or a key that is none, and the key is not repeated', async (context) => {
  const { data } = await setUp(context)
  for (const url of ['nonsense', 'ftp://127.0.0.1', '']) {
    const { code, notes } = await runWith(['status', '--data', data, '--url', url], {})
    assert.deepEqual([code, /is no address/.test(notes)], [2, true], url)
  }
  const odd = await runWith(['status'], { env: { ASTRA_KEY: 'hunter2 \u0007' } })
  assert.equal(odd.code, 2)
  assert.doesNotMatch(odd.notes, /hunter2/)
})

test('2 for a listener without host and port, which would be another address, and who named it is told', async () => {
  const surroundings = { ASTRA_KEY: 'astra_test' }
  for (const listen of ['8787', ':8787', '127.0.0.1', '::1:8787', '127.0.0.1:', 'a b:1']) {
    for (const [argv, env, named] of [
      [['--listen', listen], {}, '--listen'],
      [[], { ASTRA_LISTEN: listen }, 'ASTRA_LISTEN'],
      [[], { ASTRA_ADMIN_LISTEN: listen }, 'ASTRA_ADMIN_LISTEN'],
    ] as const) {
      const { code, notes } = await runWith(['status', ...argv], { env: { ...surroundings, ...env } })
      assert.equal(code, 2, notes)
      assert.ok(notes.startsWith(`${named} "${listen}" is no address. Give host:port, for example`), notes)
    }
  }
})

test('3 when nothing answers there, or something else does', async (context) => {
  const { data } = await setUp(context)
  const closed = createServer().listen(0, '127.0.0.1')
  await once(closed, 'listening')
  const { port } = closed.address() as AddressInfo
  closed.close()
  await once(closed, 'close')
  const nobody = await runWith(['status', '--data', data, '--listen', `127.0.0.1:${port}`], {})
  assert.equal(nobody.code, 3)
  assert.match(nobody.notes, /^No gateway answers at http:\/\/127\.0\.0\.1:\d+ \(ECONNREFUSED\)\. Start one/)
  const page = { status: 200, type: 'text/html', body: '<h1>It works!</h1>' }
  const other = await fakeGateway(context, { 'GET /api/v1/status': page })
  const strange = await other.run(['status'])
  assert.equal(strange.code, 3)
  assert.match(strange.notes, /answered HTTP 200, but not as AstraAPI does/)
})

test('management is asked at ASTRA_ADMIN_LISTEN, unless the command line names an address', async (context) => {
  const { listen, data } = await setUp(context)
  const argv = ['keys', 'list', '--data', data]
  const code = async (more: readonly string[], env: Readonly<Record<string, string>>) =>
    (await runWith([...argv, ...more], { env })).code
  const nobody = '127.0.0.1:1'
  assert.equal(await code([], { ASTRA_ADMIN_LISTEN: listen, ASTRA_LISTEN: nobody }), 0)
  assert.equal(await code(['--listen', listen], { ASTRA_ADMIN_LISTEN: nobody }), 0)
  assert.equal(await code(['--url', `http://${listen}`], { ASTRA_ADMIN_LISTEN: nobody }), 0)
  assert.equal(await code([], { ASTRA_URL: `http://${nobody}`, ASTRA_ADMIN_LISTEN: listen }), 0)
  assert.notEqual(await code([], { ASTRA_ADMIN_LISTEN: nobody, ASTRA_LISTEN: listen }), 0)
})

test('what callers ask for is asked where calls are served, whatever ASTRA_ADMIN_LISTEN says', async (context) => {
  const answer = { id: 'call-1', model: 'spam', version: '1.0', output: 1, cached: false }
  const { listen, asked } = await fakeGateway(context, {
    'GET /api/v1/deployments': { body: { models: [] } },
    'GET /api/v1/contracts': { body: {} },
    'POST /models/spam/v1/predict': { body: answer },
    'POST /api/v1/tokens': { body: { token: 't', expiresAt: '2026-11-22T12:00:00Z' } },
  })
  const surroundings = { ASTRA_KEY: 'astra_test', ASTRA_ADMIN_LISTEN: '127.0.0.1:1' }
  for (const argv of [['predict', 'spam@v1', '{}'], ['tokens', 'create'], ['models'], ['generate', '--json']]) {
    for (const env of [{ ASTRA_LISTEN: listen }, { ASTRA_URL: `http://${listen}` }]) {
      const { code, notes } = await runWith(argv, { env: { ...surroundings, ...env } })
      assert.equal(code, 0, `${argv}: ${notes}`)
    }
  }
  assert.equal(asked.length, 8)
})

test('at the other listener, advice names what the command line takes', async (context) => {
  const next = (text: string) => ({ status: 404, body: { code: 'unknown_route', detail: 'No such path', next: text } })
  const { run } = await fakeGateway(context, {
    'GET /api/v1/keys': next(
      'This is management, which has an address of its own here (--admin-listen): ask the platform team for it.',
    ),
    'POST /models/spam/v1/predict': next(
      'This address serves management alone; models are called at the other one (--listen).',
    ),
  })
  assert.match((await run(['keys', 'list'])).notes, /set ASTRA_ADMIN_LISTEN to it, or give --url\./)
  assert.match((await run(['predict', 'spam@v1', '{}'])).notes, /at the other one: give it with --url or --listen\./)
})
