import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type FakeVendor, startFakeVendor } from '../packages/gateway/src/backends/vendor/testing/fake-vendor.ts'
import { emptyModels, startTestGateway, type TestGateway } from './testing/start-test-gateway.ts'
import { waitUntil } from './testing/wait-until.ts'

const mail = 'carol.secret@example.com'
const order = 'ORDER-SECRET-7781'

const form = (properties: object) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
})
const text = { type: 'string' }

/** A chat at a vendor that echoes, one in full, one that keeps none, and a model with a field that is nobody's business. */
function manifestOf(vendor: FakeVendor): string {
  const at = { backend: 'openai', model: 'fake', replicas: [vendor.url] }
  const chat = (capture?: unknown) => ({ task: 'chat', versions: { '1.0': at }, ...(capture ? { capture } : {}) })
  const sorted = {
    input: form({ text, order: text }),
    output: form({ label: text }),
    versions: { '1.0': { backend: 'echo', answer: { label: `seen by ${mail}` } } },
    capture: { payload: 'redacted', keep: '7d', redact: ['/input/order'] },
  }
  const models = { talk: chat('redacted'), open: chat('full'), quiet: chat(), sort: sorted }
  return JSON.stringify({
    models: Object.fromEntries(
      Object.entries(models).map(([name, contract]) => [name, { owner: 'tests', contracts: { v1: contract } }]),
    ),
    consumers: { reader: {} },
  })
}

describe('a contract that keeps payloads', () => {
  let vendor: FakeVendor
  let gateway: TestGateway
  let folder: string
  let start: () => Promise<TestGateway>
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'astra-capture-'))
    vendor = await startFakeVendor({ protocol: 'openai' })
    const config = join(folder, 'astra.yaml')
    await writeFile(config, manifestOf(vendor))
    start = () => startTestGateway({ config, models: emptyModels, data: join(folder, 'data') })
    gateway = await start()
  })
  after(async () => {
    await gateway?.stop()
    await vendor.close()
    await rm(folder, { recursive: true })
  })

  async function payloadOf(id: string | null) {
    const ask = () => gateway.ask('GET', `/api/v1/calls/${id}/payload`)
    await waitUntil('captured', async () => (await ask()).status === 200, 5000)
    return (await ask()).body
  }
  const chat = (model: string, more: object = {}) => {
    const messages = [{ role: 'user', content: `Write to ${mail}` }]
    return gateway.ask('POST', '/openai/v1/chat/completions', { model, messages, ...more })
  }

  it('keeps them without what the pointers name and the patterns find', async () => {
    const input = { text: `Hello ${mail}, call +49 221 1234567`, order }
    const { body } = await gateway.ask('POST', '/models/sort/v1/predict', { input })
    assert.equal(body.output.label, `seen by ${mail}`)
    const payload = await payloadOf(body.id)
    assert.deepEqual(
      [payload.inputs, payload.outputs],
      [[{ text: 'Hello [e-mail], call [phone]', order: '[redacted]' }], [{ output: { label: 'seen by [e-mail]' } }]],
    )
    assert.deepEqual([payload.model, payload.major, payload.version, payload.redacted], ['sort', 'v1', '1.0', true])
    assert.equal(Date.parse(payload.keptUntil) - Date.parse(payload.time), 7 * 86_400_000)
  })

  it("keeps a vendor's bytes in canonical form, of a stream what it said", async () => {
    const whole = await chat('talk')
    const payload = await payloadOf(whole.headers.get('astra-call-id'))
    assert.deepEqual(payload.inputs[0].messages[0].content, [{ type: 'text', text: 'Write to [e-mail]' }])
    assert.match(payload.outputs[0].output.choices[0].content[0].text, /\[e-mail\]/)
    const streamed = await chat('talk', { stream: true })
    const said = await payloadOf(streamed.headers.get('astra-call-id'))
    assert.match(said.outputs[0].text, /\[e-mail\]/)
  })

  it('has none of what was left out in any file of the data folder', async () => {
    await gateway.stop()
    const data = join(folder, 'data')
    const files = await readdir(data)
    const bytes = await Promise.all(files.map((file) => readFile(join(data, file))))
    for (const [i, file] of files.entries()) {
      assert.ok(!bytes[i]?.includes(order), file)
      // What answers is part of the manifest, which is kept as it is.
      assert.ok(!bytes[i]?.includes(`Write to ${mail}`) && !bytes[i]?.includes(`Hello ${mail}`), file)
    }
    assert.ok(bytes.some((one) => one.includes('Hello [e-mail]')))
    gateway = await start()
  })

  it('keeps them as they are where it says full, and none where it says nothing', async () => {
    const open = await payloadOf((await chat('open')).headers.get('astra-call-id'))
    assert.equal(open.redacted, false)
    assert.deepEqual(open.inputs[0].messages[0].content, [{ type: 'text', text: `Write to ${mail}` }])
    const id = (await chat('quiet')).headers.get('astra-call-id')
    const none = await gateway.ask('GET', `/api/v1/calls/${id}/payload`)
    assert.deepEqual([none.status, none.body.code], [404, 'unknown_call'])
    assert.match(none.body.next, /capture: redacted/)
  })

  it('tells whoever may call that what they send is kept', async () => {
    const made = await gateway.ask('POST', '/api/v1/keys', { consumer: 'reader', permissions: ['infer'] })
    const { body } = await gateway.ask('GET', '/api/v1/deployments', undefined, { key: made.body.secret })
    const told = body.models.map((model: { name: string; contracts: { capture?: unknown }[] }) => [
      model.name,
      model.contracts[0]?.capture,
    ])
    const keepMs = 30 * 86_400_000
    assert.deepEqual(Object.fromEntries(told), {
      open: { payload: 'full', share: 1, keepMs },
      quiet: undefined,
      sort: { payload: 'redacted', share: 1, keepMs: 7 * 86_400_000 },
      talk: { payload: 'redacted', share: 1, keepMs },
    })
  })

  it('shows them to who may operate alone, and the audit log tells who looked, through every door', async () => {
    const { body } = await gateway.ask('POST', '/models/sort/v1/predict', { input: { text: 'a', order } })
    await payloadOf(body.id)
    const made = await gateway.ask('POST', '/api/v1/keys', { consumer: 'reader', permissions: ['read'] })
    const refused = await gateway.ask('GET', `/api/v1/calls/${body.id}/payload`, undefined, { key: made.body.secret })
    assert.deepEqual([refused.status, refused.body.code], [403, 'forbidden'])
    const asked = await gateway.graphql(`query { callPayload(id: "${body.id}") { version inputs outputs { output } } }`)
    const direct = asked.body.data?.callPayload
    assert.deepEqual(direct?.outputs, [{ output: { label: 'seen by [e-mail]' } }], JSON.stringify(asked.body))
    const audit = await gateway.ask('GET', `/api/v1/audit?target=/calls/${body.id}/payload`)
    const outcomes = audit.body.entries.map((entry: { outcome: string }) => entry.outcome)
    assert.deepEqual([outcomes[0], outcomes[1]], ['done', 'refused'])
    assert.ok(!JSON.stringify(audit.body).includes('seen by'))
  })

  it('forgets them when it is told to, and says in the audit log that it was', async () => {
    const { body } = await gateway.ask('POST', '/models/sort/v1/predict', { input: { text: 'a', order } })
    await payloadOf(body.id)
    const gone = await gateway.ask('DELETE', '/api/v1/payloads?model=sort&major=v1')
    assert.ok(gone.body.deleted >= 1)
    assert.equal((await gateway.ask('GET', `/api/v1/calls/${body.id}/payload`)).status, 404)
    assert.equal((await gateway.ask('GET', `/api/v1/calls/${body.id}`)).status, 200)
    const audit = await gateway.ask('GET', '/api/v1/audit?operation=deletePayloads')
    assert.deepEqual(audit.body.entries[0].target, '/payloads/sort/v1')
    const metrics = await fetch(`${gateway.url}/metrics`, { headers: { authorization: `Bearer ${gateway.adminKey}` } })
    assert.match(await metrics.text(), /astra_captured_total\{model="sort",major="v1"\} \d/)
  })

  it('forgets what is not written yet too: nothing comes back that was deleted', async () => {
    const call = async () =>
      (await gateway.ask('POST', '/models/sort/v1/predict', { input: { text: 'b', order } })).body.id
    const id = await call()
    // Payloads are written every 250 ms: this one is still on its way.
    const gone = await gateway.ask('DELETE', '/api/v1/payloads?model=sort')
    assert.equal(gone.body.deleted, 1)
    await payloadOf(await call())
    assert.equal((await gateway.ask('GET', `/api/v1/calls/${id}/payload`)).status, 404)
  })

  it('has no trace of what was forgotten in any file, once it has stopped', async () => {
    const written = Buffer.from(`Write to ${mail}`)
    const holding = async () => {
      const data = join(folder, 'data')
      const found: string[] = []
      for (const file of await readdir(data)) if ((await readFile(join(data, file))).includes(written)) found.push(file)
      return found
    }
    assert.notDeepEqual(await holding(), [], 'it was kept in full')
    const gone = await gateway.ask('DELETE', '/api/v1/payloads?model=open')
    assert.equal(gone.body.deleted, 1)
    await gateway.stop()
    assert.deepEqual(await holding(), [])
    gateway = await start()
  })
})
