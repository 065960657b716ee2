import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Backend } from '../../kernel/backend.ts'
import { writeManifest } from '../manifest/write-manifest.ts'
import { fakeVendor, vendorAddress } from './testing/fake-vendor.ts'
import { applied, contractOf, emptyCatalog, fakeBackends, planYaml } from './testing/planning.ts'

const v1 = 'models.m.contracts.v1'
const secrets = new Set(['KEY', 'OTHER_KEY'])
const backendsWith = (known: ReadonlySet<string>) => new Map([...fakeBackends(), ['vendor', fakeVendor(known)]])
const backends = backendsWith(secrets)

/** The contract's own lines begin on line 6. */
const manifest = (...lines: readonly string[]) =>
  ['models:', '  m:', '    owner: me', '    contracts:', '      v1:', ...lines.map((line) => `        ${line}`)].join(
    '\n',
  )
const chat = (version: string, ...lines: readonly string[]) => manifest('task: chat', ...lines, `versions: ${version}`)
const version = (fields: string) => `{"1": {backend: vendor, ${fields}}}`
const plan = (yaml: string, current = emptyCatalog, known = backends) => planYaml(yaml, current, known)
const faultsOf = async (...asked: Parameters<typeof plan>) =>
  (await plan(...asked)).faults.map(({ code, line, path, message, suggestion }) =>
    [code, `${line}`, path, message, ...(suggestion === undefined ? [] : [suggestion])].join(' | '),
  )

describe('a contract of chat', () => {
  it('streams and has ten minutes unless it says otherwise, and is written without either', async () => {
    const stored = await applied(chat(version('model: a, apiKey: KEY')), emptyCatalog, backends)
    const { streams, revisions, limits, versions } = contractOf(stored)
    assert.deepEqual([streams, revisions[0]?.chunk !== undefined, limits.timeoutMs], [true, true, 600_000])
    assert.deepEqual([versions['1']?.replicas, versions['1']?.immutable], [[vendorAddress], false])
    const written = writeManifest(stored.state)
    assert.equal(/streams|limits/.test(written), false)
    const other = chat(version('model: a, apiKey: KEY'), 'streams: false', 'limits: {timeout: 30s, idle: 5s}')
    const whole = writeManifest((await applied(other, emptyCatalog, backends)).state)
    assert.match(whole, /streams: false/)
    assert.match(whole, /limits:\n\s+timeout: 30s\n\s+idle: 5s\n/)
  })

  it('refuses a backend that answers at once, and says how to have it all the same', async () => {
    assert.deepEqual(await faultsOf(chat('{"1": {}}')), [
      `invalid_manifest | 7 | ${v1}.versions.1.backend | cannot stream, and the contract streams: the backend oip answers at once | Set "streams: false" in the contract.`,
    ])
    assert.deepEqual(await faultsOf(chat('{"1": {}}', 'streams: false')), [])
  })
})

it('refuses a backend that does not serve the task, unless the version is retired', async () => {
  const classifier = (versions: string) => manifest('task: classification', 'labels: [a, b]', `versions: ${versions}`)
  assert.deepEqual(await faultsOf(classifier(version('model: a, apiKey: KEY'))), [
    `invalid_manifest | 8 | ${v1}.versions.1.backend | the backend vendor serves chat, completion, embedding; this contract is classification | Take another backend, or give the contract one of those tasks.`,
  ])
  assert.deepEqual(await faultsOf(classifier(version('model: a, apiKey: KEY, retired: {}'))), [])
})

it('refuses settings that the backend has no such task for', async () => {
  const vendor: Backend = {
    ...fakeVendor(secrets),
    misfits: ({ model }, _revision, task) =>
      model === 'a' && task === 'embedding' ? [{ path: '/model', message: 'has no embeddings' }] : [],
  }
  const known = new Map([...backends, ['vendor', vendor]])
  const embedding = manifest('task: embedding', `versions: ${version('model: a, apiKey: KEY')}`)
  assert.deepEqual(await faultsOf(embedding, emptyCatalog, known), [
    `invalid_manifest | 7 | ${v1}.versions.1.model | has no embeddings`,
  ])
  assert.deepEqual(await faultsOf(chat(version('model: a, apiKey: KEY')), emptyCatalog, known), [])
})

describe('what is not sealed', () => {
  const first = chat(version('model: a, apiKey: KEY'))
  const stored = applied(first, emptyCatalog, backends)

  it('changes without a new version: secrets and replicas', async () => {
    const moved = await plan(
      chat(version('model: a, apiKey: OTHER_KEY, replicas: ["https://eu.vendor.example/V1/"]')),
      await stored,
    )
    assert.deepEqual(moved.faults, [])
    const after = moved.next?.state.models.m?.contracts[1]?.versions['1']
    const before = contractOf(await stored).versions['1']
    assert.deepEqual(after?.settings, { model: 'a', apiKey: 'OTHER_KEY' })
    assert.deepEqual(after?.replicas, ['https://eu.vendor.example/V1'])
    assert.equal(after?.digest, before?.digest)
    assert.deepEqual(
      moved.changes.map(({ what, breaking }) => [what, breaking]),
      [['version m@v1 1', false]],
    )
  })

  it('leaves the rest sealed', async () => {
    assert.deepEqual(await faultsOf(chat(version('model: b, apiKey: OTHER_KEY')), await stored), [
      `version_changed | 7 | ${v1}.versions.1.model | was applied before with another model: a version is immutable | Give the changed implementation a new version id.`,
    ])
    const removed = { ...(await stored), state: { models: {}, consumers: {} } }
    assert.deepEqual(await faultsOf(chat(version('model: a, apiKey: OTHER_KEY')), removed), [])
    assert.equal((await faultsOf(chat(version('model: b, apiKey: OTHER_KEY')), removed)).length, 1)
  })

  it('must be there where it changes; a version that stays as it is does not hold other changes up', async () => {
    assert.deepEqual(await faultsOf(chat(version('model: a, apiKey: GONE')), await stored), [
      `invalid_manifest | 7 | ${v1}.versions.1.apiKey | cannot be made ready: names the variable GONE, which is not set`,
    ])
    const lost = await plan(`${first}\nconsumers: {shop: {}}`, await stored, backendsWith(new Set()))
    assert.deepEqual([lost.faults, lost.changes.map(({ what }) => what)], [[], ['consumer shop']])
  })
})

describe('prices', () => {
  const priced = (text: string) => `prices: {${text}}`

  it('are kept with the latest last, change by themselves, and go with the manifest', async () => {
    const later = '{from: 2026-06-01, input: 0.1}'
    const stored = await applied(priced(`vendor/a: [${later}, {from: 2026-01-01, input: 0.15, items: 0}]`))
    assert.deepEqual(stored.state.prices, {
      'vendor/a': [
        { from: '2026-01-01', input: 0.15, items: 0 },
        { from: '2026-06-01', input: 0.1 },
      ],
    })
    assert.deepEqual((await plan(writeManifest(stored.state), stored)).changes, [])
    const changed = await plan(priced(`vendor/a: [${later}]`), stored)
    assert.deepEqual(changed.changes, [
      {
        action: 'change',
        what: 'price vendor/a',
        before: 'from 2026-01-01: input: 0.15, items: 0; from 2026-06-01: input: 0.1',
        after: 'from 2026-06-01: input: 0.1',
        breaking: false,
      },
    ])
    const gone = await plan('', stored)
    assert.deepEqual([gone.changes.map(({ what }) => what), gone.next?.state.prices], [['price vendor/a'], undefined])
  })
})
