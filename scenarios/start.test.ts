import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { emptyModels, probeManifest, startTestGateway, type TestGateway } from './testing/start-test-gateway.ts'

const bin = new URL('../packages/cli/bin/astraapi.mjs', import.meta.url).pathname

describe('start', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'astra-start-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  it('makes an admin key of mode 0600 and a demo key that may only infer', async () => {
    const gateway = await startTestGateway()
    try {
      assert.equal((await stat(gateway.adminKeyPath ?? '')).mode & 0o777, 0o600)
      const key = gateway.demoKey ?? ''
      const call = await gateway.ask('POST', '/models/probe/v1/predict', { input: { text: 'hi' } }, { key })
      assert.equal(call.status, 200)
      for (const path of ['/api/v1/calls', '/api/v1/keys', '/metrics', '/api/v1/manifest']) {
        assert.equal(
          (await gateway.ask('GET', path, undefined, { key })).headers.get('astra-error-code'),
          'forbidden',
          path,
        )
      }
    } finally {
      await gateway.stop()
    }
  })

  it('keeps keys, catalog and Records over a restart, and does not undo a change made through the API', async () => {
    const data = join(folder, 'kept')
    const config = join(folder, 'kept.yaml')
    await copyFile(probeManifest, config)
    const first = await startTestGateway({ data, config })
    const { body: created } = await first.ask('POST', '/api/v1/keys', { consumer: 'tests' })
    const { body: call } = await first.ask('POST', '/models/probe/v1/predict', { input: { text: 'hi' } })
    await first.ask(
      'PUT',
      '/api/v1/models/probe/v1/traffic',
      { weights: { '1.1': 1 } },
      { headers: { 'If-Match': '*' } },
    )
    await first.stop()
    const second = await startTestGateway({ data, config })
    try {
      assert.equal(second.adminKey, first.adminKey)
      const { body: again } = await second.ask(
        'POST',
        '/models/probe/v1/predict',
        { input: { text: 'hi' } },
        { key: created.secret },
      )
      assert.equal(again.version, '1.1')
      assert.equal((await second.ask('GET', `/api/v1/calls/${call.id}`)).status, 200)
    } finally {
      await second.stop()
    }
  })

  it('refuses a revoked key at once', async () => {
    const gateway = await startTestGateway()
    try {
      const { body: key } = await gateway.ask('POST', '/api/v1/keys', { consumer: 'tests' })
      const use = () => gateway.ask('POST', '/models/probe/v1/predict', { input: { text: 'hi' } }, { key: key.secret })
      assert.equal((await use()).status, 200)
      assert.equal((await gateway.ask('DELETE', `/api/v1/keys/${key.id}`)).status, 200)
      assert.equal((await use()).headers.get('astra-error-code'), 'key_revoked')
    } finally {
      await gateway.stop()
    }
  })

  it('says what to do about a port in use', async () => {
    const first = await startTestGateway()
    try {
      const { hostname, port } = new URL(first.url)
      const listen = `${hostname}:${port}`
      const flags = { listen, data: 'a folder', models: emptyModels }
      await assert.rejects(startTestGateway({ listen, flags }), {
        name: 'StartError',
        message: `${listen} is in use, perhaps by another gateway. Stop that one, or choose another: astraapi start --listen ${hostname}:${Number(port) + 1} --data 'a folder' --models ${emptyModels}`,
      })
    } finally {
      await first.stop()
    }
  })

  it('says what to do about a second gateway on one data folder', async () => {
    const data = join(folder, 'one')
    const first = await startTestGateway({ data })
    try {
      await assert.rejects(startTestGateway({ data }), /--data/)
      assert.equal((await first.ask('GET', '/health/ready')).status, 200)
    } finally {
      await first.stop()
    }
  })

  it('says what to do about a data folder that cannot be written', async () => {
    const file = join(folder, 'a-file')
    await writeFile(file, '')
    await assert.rejects(startTestGateway({ data: join(file, 'below') }), /--data/)
  })

  it('names line, place and the likely meant word of a typo in the manifest, and applies nothing', async () => {
    const data = join(folder, 'typo')
    const config = join(folder, 'typo.yaml')
    await writeFile(config, (await readFile(probeManifest, 'utf8')).replace('traffic:', 'trafic:'))
    await assert.rejects(startTestGateway({ data, config }), (error: Error) => {
      assert.match(error.message, /typo\.yaml:\d+: models\.probe\.contracts\.v1/)
      assert.match(error.message, /"traffic"/)
      return true
    })
    const gateway = await startTestGateway({ data, config: join(folder, 'none', 'astra.yaml') })
    try {
      const ready = await gateway.ask('GET', '/health/ready')
      assert.equal(ready.status, 503)
      assert.match(ready.body.waitingFor[0], /manifest/)
    } finally {
      await gateway.stop()
    }
  })

  it('names in its banner what cannot be served, and why', async (context) => {
    const data = join(folder, 'lacking')
    const config = join(folder, 'lacking.yaml')
    const replica = 'http://127.0.0.1:9/v1'
    const version = `{ backend: openai, model: m, apiKey: { env: ASTRA_TEST_LLM_KEY }, replicas: ["${replica}"] }`
    const model = `  chat:\n    owner: me\n    contracts: { v1: { task: chat, versions: { "1.0": ${version} } } }\n`
    await writeFile(config, (await readFile(probeManifest, 'utf8')).replace('models:\n', `models:\n${model}`))
    const startWith = async () => {
      const printed: string[] = []
      const gateway = await startTestGateway({ data, config, print: (line) => void printed.push(line) })
      await gateway.stop()
      return printed.filter((line) => line.startsWith('Not served'))
    }
    context.after(() => delete process.env.ASTRA_TEST_LLM_KEY)
    process.env.ASTRA_TEST_LLM_KEY = 'sk-test'
    assert.deepEqual(await startWith(), [])
    delete process.env.ASTRA_TEST_LLM_KEY
    const why = "The environment variable ASTRA_TEST_LLM_KEY is not set in the gateway's environment"
    assert.deepEqual(await startWith(), [`Not served: chat@v1/1.0: ${replica} is barred: ${why}`])
  })

  it('refuses an address that is none', async () => {
    await assert.rejects(startTestGateway({ listen: '8787', models: emptyModels }), /host:port/)
  })

  it('lets the admin key move between its file and ASTRA_ADMIN_KEY, one open at a time, and locks nobody out', async () => {
    const data = join(folder, 'rotated')
    const given = 'a-key-that-an-operator-chose-0123456789'
    const status = async (gateway: TestGateway, key: string) =>
      (await gateway.ask('GET', '/api/v1/status', undefined, { key })).status
    const first = await startTestGateway({ data })
    await first.stop()
    const second = await startTestGateway({ data, adminKey: given })
    assert.equal(second.adminKeyPath, undefined)
    assert.deepEqual([await status(second, given), await status(second, first.adminKey)], [200, 401])
    await second.stop()
    const third = await startTestGateway({ data })
    assert.deepEqual([await status(third, third.adminKey), await status(third, given)], [200, 401])
    await third.stop()
    await assert.rejects(startTestGateway({ data, adminKey: given }), /revoked.*Choose a new one/)
    await assert.rejects(startTestGateway({ data, adminKey: 'short' }), /characters/)
  })

  it('prints no stack for what its user can mend', async () => {
    const file = join(folder, 'another-file')
    await writeFile(file, '')
    for (const flags of [
      ['--data', join(file, 'below')],
      ['--listen', 'nowhere'],
      ['--config', folder],
    ]) {
      const args = [
        bin,
        'start',
        '--listen',
        '127.0.0.1:0',
        '--data',
        join(folder, 'fine'),
        '--models',
        emptyModels,
        ...flags,
      ]
      const { status, stderr } = spawnSync(process.execPath, args, {
        encoding: 'utf8',
        // A start that cannot succeed ends at once; a timer left behind would show here.
        timeout: 20_000,
        env: { ...process.env, ASTRA_LOG_LEVEL: 'silent' },
      })
      assert.equal(status, 1)
      assert.match(stderr, /--(data|listen|config|models)/, stderr)
      assert.doesNotMatch(stderr, /\n {4}at /)
    }
  })

  it('lets two gateways live side by side', async () => {
    const [a, b] = await Promise.all([startTestGateway(), startTestGateway()])
    try {
      const results = await Promise.all(
        [a, b].map((gateway) => gateway.ask('POST', '/models/probe/v1/predict', { input: { text: 'hi' } })),
      )
      assert.deepEqual(
        results.map(({ status }) => status),
        [200, 200],
      )
      const crossed = await a.ask('GET', '/api/v1/status', undefined, { key: b.adminKey })
      assert.equal(crossed.status, 401)
    } finally {
      await Promise.all([a.stop(), b.stop()])
    }
  })
})
