import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type FakeVendor, startFakeVendor } from '../packages/gateway/src/backends/vendor/testing/fake-vendor.ts'
import { emptyModels, startTestGateway, type TestGateway } from './testing/start-test-gateway.ts'
import { waitUntil } from './testing/wait-until.ts'

const text = {
  type: 'object',
  properties: { text: { type: 'string' } },
  required: ['text'],
  additionalProperties: false,
}

/** A chat at two vendors that echo, and a classifier whose shadow always says ham. */
function manifestOf(served: FakeVendor, shadow: FakeVendor): string {
  const vendor = ({ url }: FakeVendor) => ({ backend: 'openai', model: 'fake', replicas: [url] })
  const traffic = { weights: { '1.0': 1 }, shadow: { version: '1.1', share: 1 } }
  const chat = { task: 'chat', versions: { '1.0': vendor(served), '1.1': vendor(shadow) }, traffic }
  const label = (label: string) => ({ backend: 'echo', answer: { label, score: 0.9 } })
  const versions = { '1.0': label('spam'), '1.1': label('ham') }
  const spam = { task: 'classification', labels: ['spam', 'ham'], input: text, versions, traffic }
  return JSON.stringify({
    models: { talk: { owner: 'tests', contracts: { v1: chat } }, spam: { owner: 'tests', contracts: { v1: spam } } },
    consumers: { 'astra-shadow': { limits: { requests: '1000/hour' } } },
  })
}

describe('a call that is copied to a shadow version', () => {
  let served: FakeVendor
  let shadow: FakeVendor
  let gateway: TestGateway
  let folder: string
  let start: () => Promise<TestGateway>
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'astra-shadow-'))
    served = await startFakeVendor({ protocol: 'openai' })
    shadow = await startFakeVendor({ protocol: 'openai' })
    const config = join(folder, 'astra.yaml')
    await writeFile(config, manifestOf(served, shadow))
    start = () => startTestGateway({ config, models: emptyModels, data: join(folder, 'data') })
    gateway = await start()
  })
  after(async () => {
    await gateway?.stop()
    await Promise.all([served.close(), shadow.close()])
    await rm(folder, { recursive: true })
  })

  const reportOf = async (model: string) => (await gateway.ask('GET', `/api/v1/models/${model}/v1/shadow`)).body
  async function pairOf(model: string, answered: number) {
    await waitUntil('compared', async () => (await reportOf(model)).pairs[0]?.answered === answered, 5000)
    return (await reportOf(model)).pairs[0]
  }

  it("is answered by the vendor that serves alone, whole or as a stream in the vendor's bytes, and both are compared", async () => {
    const messages = [{ role: 'user', content: 'Where is my parcel?' }]
    const ask = (more: object) =>
      gateway.ask('POST', '/openai/v1/chat/completions', { model: 'talk', messages, ...more })
    const whole = await ask({})
    assert.equal(whole.body.choices[0].message.content, 'Where is my parcel?')
    assert.equal((await pairOf('talk', 1)).agreed, 1)
    // Native chunks and the vendor's own are one and the same to a comparison.
    const streams = [
      await ask({ stream: true }),
      await gateway.ask(
        'POST',
        '/models/talk/v1/predict',
        { input: { messages: [{ role: 'user', content: [{ type: 'text', text: 'Where is my parcel?' }] }] } },
        { headers: { accept: 'text/event-stream' } },
      ),
    ]
    assert.deepEqual(
      streams.map(({ status }) => status),
      [200, 200],
    )
    const { compared, agreed, measures, dropped, failed, distance } = await pairOf('talk', 3)
    assert.deepEqual([compared, agreed, measures, dropped, failed, distance.mean], [3, 3, { text: 3 }, {}, {}, 0])
    assert.deepEqual([served.requests.length, shadow.requests.length], [3, 3])
  })

  it('is told by the ids of both where they differ, with the cost of the copy on astra-shadow', async () => {
    const { body } = await gateway.ask('POST', '/models/spam/v1/predict', { input: { text: 'You have won' } })
    assert.deepEqual([body.version, body.output.label], ['1.0', 'spam'])
    const { agreed, agreement, measures } = await pairOf('spam', 1)
    assert.deepEqual([agreed, agreement.share, measures], [0, 0, { label: 1 }])
    const { disagreements, shadow } = await reportOf('spam')
    assert.deepEqual(shadow, { version: '1.1', share: 1 })
    const [{ call, copy }] = disagreements
    assert.equal(call, body.id)
    const told = (await gateway.ask('GET', `/api/v1/calls/${copy}`)).body.call
    assert.deepEqual(
      [told.consumer, told.reference, told.versionAssigned, told.attempts[0].role],
      ['astra-shadow', call, '1.1', 'shadow'],
    )
    const query = '{ shadowReport(model: "spam", major: "v1") { pairs { served shadow compared agreed } } }'
    assert.deepEqual((await gateway.graphql(query)).body.data.shadowReport.pairs, [
      { served: '1.0', shadow: '1.1', compared: 1, agreed: 0 },
    ])
  })

  it('is counted where it was not copied', async () => {
    const { body: metrics } = await gateway.ask('GET', '/metrics')
    assert.match(metrics, /^# TYPE astra_shadow_dropped_total counter$/m)
    assert.match(metrics, /^astra_shadow_in_flight 0$/m)
  })

  it('is still in the report after a restart', async () => {
    const seen = (await reportOf('talk')).days
    await gateway.stop()
    gateway = await start()
    assert.deepEqual((await reportOf('talk')).days, seen)
    assert.equal(seen[0].answered, 3)
  })
})
