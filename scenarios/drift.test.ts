import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { heldOutMail } from '../models/spam/held-out.ts'
import { type FakeVendor, startFakeVendor } from '../packages/gateway/src/backends/vendor/testing/fake-vendor.ts'
import { repositoryModels, startTestGateway, type TestGateway } from './testing/start-test-gateway.ts'
import { waitUntil } from './testing/wait-until.ts'

const text = {
  type: 'object',
  properties: { text: { type: 'string', maxLength: 1_000_000 } },
  required: ['text'],
  additionalProperties: false,
}
const spam = {
  task: 'classification',
  labels: ['ham', 'spam'],
  input: text,
  versions: { '1.0': {}, '1.1': {} },
  traffic: { weights: { '1.1': 1 } },
  drift: {},
}
const manifestOf = ({ url }: FakeVendor) => {
  const versions = { '1': { backend: 'openai', model: 'fake', replicas: [url] } }
  const chat = { task: 'chat', versions, drift: { reference: { first: 100 } } }
  const model = (contract: object) => ({ owner: 'tests', contracts: { v1: contract } })
  return { models: { spam: model(spam), talk: model(chat) } }
}

interface Version {
  readonly drifted: readonly string[]
  readonly features: readonly { readonly name: string; readonly outcome: string; readonly reason: string }[]
}

/** A real model on real mails, always in the same order. */
describe('drift of live calls', () => {
  let vendor: FakeVendor
  let gateway: TestGateway
  let folder: string
  let start: () => Promise<TestGateway>
  const mails = [...heldOutMail()].slice(0, 3000).map((mail) => mail.text)
  before(async () => {
    vendor = await startFakeVendor({ protocol: 'openai' })
    folder = await mkdtemp(join(tmpdir(), 'astra-drift-'))
    const config = join(folder, 'astra.json')
    await writeFile(config, JSON.stringify(manifestOf(vendor)))
    start = () => startTestGateway({ config, models: repositoryModels, data: join(folder, 'data') })
    gateway = await start()
  })
  after(async () => {
    await gateway?.stop()
    await vendor?.close()
    await rm(folder, { recursive: true, force: true })
  })

  /** One by one: of a list one item is counted. Twenty at once, each of which is a call of its own. */
  async function send(texts: readonly string[]): Promise<void> {
    for (let i = 0; i < texts.length; i += 20) {
      const asked = texts
        .slice(i, i + 20)
        .map((text) => gateway.ask('POST', '/models/spam/v1/predict', { inputs: [{ text }] }))
      for (const { status } of await Promise.all(asked)) assert.equal(status, 200)
    }
  }
  const driftOf = async (model: string): Promise<Version | undefined> =>
    (await gateway.ask('GET', `/api/v1/models/${model}/v1/drift`)).body.versions[0]
  const outcomes = (version: Version | undefined) =>
    Object.fromEntries((version?.features ?? []).map(({ name, outcome }) => [name, outcome]))

  it('is none while the same kind of mail comes, over a restart too', async () => {
    await send(mails.slice(0, 1500))
    await gateway.stop()
    gateway = await start()
    await send(mails.slice(1500, 2000))
    const version = await driftOf('spam')
    assert.deepEqual(
      outcomes(version),
      { 'input.text.length': 'stable', 'output.label': 'stable', 'output.score': 'stable' },
      JSON.stringify(version?.features.map(({ reason }) => reason)),
    )
  })

  it('names the length of the input once longer texts come, and nothing of what is as it was', async () => {
    // What is said five times has the same label.
    await send(mails.slice(2000).map((mail) => mail.repeat(5)))
    const version = await driftOf('spam')
    assert.deepEqual(version?.drifted, ['input.text.length'])
    assert.equal(outcomes(version)['output.label'], 'stable')
    const metrics = async (): Promise<string> => (await gateway.ask('GET', '/metrics')).body
    await waitUntil(
      'looked at',
      async () => /^astra_drift_features\{model="spam",major="v1"\} \d/m.test(await metrics()),
      5000,
    )
    const { body } = await gateway.graphql('{ drift(model: "spam", major: "v1") { versions { version drifted } } }')
    assert.deepEqual(body.data.drift.versions, [{ version: '1.1', drifted: ['input.text.length'] }])
  })

  it('reads chats in whatever words they were asked, whole or streamed', async () => {
    const messages = [{ role: 'user', content: 'Where is my parcel?' }]
    const ask = (more: object) =>
      gateway.ask('POST', '/openai/v1/chat/completions', { model: 'talk', messages, ...more })
    assert.deepEqual([(await ask({})).status, (await ask({ stream: true })).status], [200, 200])
    const { body } = await gateway.ask('GET', '/api/v1/models/talk/v1/drift')
    const counts = Object.fromEntries(
      body.versions[0].features.map(
        ({ name, reference }: { name: string; reference: { values: number; mean: number } }) => [
          name,
          [reference.values, reference.mean],
        ],
      ),
    )
    assert.deepEqual(counts, {
      'input.messages': [2, 1],
      'input.characters': [2, 19],
      'input.lastUser': [2, 19],
      'output.characters': [2, 19],
      'output.finish': [2, undefined],
    })
  })
})
