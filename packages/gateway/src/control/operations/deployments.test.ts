import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakePlatform } from './fake-platform.ts'

test('deployments show every model with its versions and their part of the traffic', async () => {
  const { output, etag } = await (await fakePlatform()).run('listDeployments', {})
  assert.equal(etag, '7')
  assert.equal(output.revision, 7)
  const version = {
    revision: 1,
    backend: 'oip',
    replicas: ['http://10.0.0.7:8000'],
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
        deprecated: { since: '2026-11-01' },
        versions: [
          { ...version, id: '0.9', share: 0, retired: true, successor: '1.1' },
          { ...version, id: '1.0', share: 0.25 },
          { ...version, id: '1.1', share: 0.75 },
        ],
      },
    ],
  })
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
