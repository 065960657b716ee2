import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Permission } from '../../kernel/caller.ts'
import type { ExperimentStatus } from '../../kernel/experiment.ts'
import { fakePlatform, replica } from './fake-platform.ts'

test('deployments show every model with its versions and their part of the traffic', async () => {
  const { output, etag } = await (await fakePlatform()).run('listDeployments', {})
  assert.equal(etag, '7')
  assert.equal(output.revision, 7)
  const version = {
    revision: 1,
    backend: 'oip',
    replicas: [{ address: 'http://10.0.0.7:8000', state: 'ready' }],
    digest: 'sha256:1',
    immutable: true,
    retired: false,
  }
  assert.deepEqual((output.models as unknown[])[0], {
    name: 'spam',
    owner: 'mail-platform',
    defaultMajor: 'v1',
    allowed: true,
    contracts: [
      {
        major: 'v1',
        task: 'classification',
        streams: false,
        revision: 2,
        publishedRevision: 1,
        experiment: { name: 'spam-again', status: 'running' },
        deprecated: { since: '2026-11-01' },
        versions: [
          { ...version, id: '0.9', replicas: [], share: 0, retired: true, successor: '1.1' },
          { ...version, id: '1.0', share: 0.25 },
          { ...version, id: '1.1', share: 0.75 },
        ],
      },
    ],
  })
})

test('replicas that are not ready say why, and so does a name that stands for none', async () => {
  const { run, ports, replicas } = await fakePlatform()
  const down = { ...replica, state: 'down' as const, reason: 'connect ECONNREFUSED' }
  replicas.set('spam@v1/1.1', [down])
  const nameFault = (entry: string) => (entry === replica.source ? 'models resolves to no address' : undefined)
  Object.assign(ports.replicas, { nameFault })
  const { output } = await run('listDeployments', {})
  const [{ contracts }] = output.models as [{ contracts: [{ versions: { id: string; replicas: unknown }[] }] }]
  const shown = (id: string) => contracts[0].versions.find((version) => version.id === id)?.replicas
  const { address, state, reason } = down
  assert.deepEqual(shown('1.1'), [{ address, state, reason }])
  replicas.set('spam@v1/1.1', [])
  const again = (await run('listDeployments', {})).output.models as typeof output.models
  assert.ok(JSON.stringify(again).includes('"state":"down","reason":"models resolves to no address"'))
})

test('rules are for keys that may read, the shadow for everybody', async () => {
  const rules = [{ version: '1.1', teams: ['mail'] }]
  const shadow = { version: '1.0', share: 0.1, compare: { measure: 'label' as const } }
  const { run, ports } = await fakePlatform()
  const before = ports.catalogControl.current()
  const { spam } = before.state.models
  const v1 = spam?.contracts[1]
  assert.ok(spam && v1)
  const models = { ...before.state.models, spam: { ...spam, contracts: { 1: { ...v1, rules, shadow } } } }
  Object.assign(ports.catalogControl, { current: () => ({ ...before, state: { ...before.state, models } }) })
  const shown = async (...permissions: Permission[]) => {
    const { output } = await run('listDeployments', {}, { permissions })
    const [{ contracts }] = output.models as [{ contracts: [{ rules?: unknown; shadow?: unknown }] }]
    return [contracts[0].rules, contracts[0].shadow]
  }
  assert.deepEqual(await shown('infer', 'read'), [[{ version: '1.1', when: { teams: ['mail'] } }], shadow])
  assert.deepEqual(await shown('infer'), [undefined, shadow])
})

test('the experiment that sets the parts of the traffic is for keys that may read', async () => {
  const { run, ports } = await fakePlatform()
  const before = ports.catalogControl.current()
  const { 'spam-1-1': one } = before.state.experiments ?? {}
  assert.ok(one)
  const shown = async (status: ExperimentStatus, ...permissions: Permission[]) => {
    const experiments = { 'spam-1-1': { ...one, progress: { ...one.progress, status } } }
    Object.assign(ports.catalogControl, { current: () => ({ ...before, state: { ...before.state, experiments } }) })
    const { output } = await run('listDeployments', {}, { permissions })
    const [{ contracts }] = output.models as [{ contracts: [{ experiment?: unknown }] }]
    return contracts[0].experiment
  }
  assert.deepEqual(await shown('paused', 'infer', 'read'), { name: 'spam-1-1', status: 'paused' })
  assert.equal(await shown('paused', 'infer'), undefined)
  assert.equal(await shown('draft', 'infer', 'read'), undefined)
})

test('a key that may only infer learns which models it may use, and no addresses', async () => {
  const { output } = await (await fakePlatform()).run(
    'listDeployments',
    {},
    { permissions: ['infer'], models: ['digits'] },
  )
  const models = output.models as { name: string; allowed: boolean }[]
  assert.deepEqual(
    models.map(({ name, allowed }) => [name, allowed]),
    [
      ['spam', false],
      ['digits', true],
    ],
  )
  assert.equal(JSON.stringify(output).includes('replicas'), false)
})
