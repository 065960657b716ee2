import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakePlatform, replica } from './fake-platform.ts'

const place = { model: 'spam', major: 'v1', version: '1.1', address: 'http://10.0.0.8:8000' }

test('replicas are listed by live version, as this gateway sees them', async () => {
  const { run, replicas, nameFaults } = await fakePlatform()
  const busy = { ...replica, state: 'warming', reason: 'it joined', inFlight: 2, attempts: 7, failures: 1 } as const
  replicas.set('spam@v1/1.1', [{ ...busy, latencyMs: 12.3456, waiting: 3 }])
  nameFaults.set(replica.address, 'models resolves to no address')
  const { output, etag } = await run('listReplicas', { model: 'spam', major: 'v1' })
  const { address, source } = replica
  const unresolved = [{ name: address, reason: 'models resolves to no address' }]
  const since = '2026-11-22T12:00:00.000Z'
  assert.equal(etag, '7')
  assert.deepEqual(output, {
    revision: 7,
    versions: [
      {
        version: '1.0',
        replicas: [{ address, source, state: 'ready', since, inFlight: 0, attempts: 0, failures: 0 }],
        unresolved,
      },
      { version: '1.1', replicas: [{ ...busy, since, latencyMs: 12.3, waiting: 3 }].map(defined), unresolved },
    ],
  })
})

test('404 for a model or major that is not there', async () => {
  const { run } = await fakePlatform()
  await assert.rejects(run('listReplicas', { model: 'span', major: 'v1' }), { code: 'unknown_model' })
  await assert.rejects(run('listReplicas', { model: 'spam', major: 'v2' }), { code: 'unknown_major' })
})

test('adding and removing hand on the place, the precondition and who wrote, and give the new ETag', async () => {
  const { run, asked } = await fakePlatform()
  for (const name of ['addReplica', 'removeReplica']) {
    assert.equal((await run(name, place, {}, '7')).etag, '8')
    assert.deepEqual(asked.replica, [{ ...place, major: 1 }, ['7'], 'key_admin'])
    await assert.rejects(run(name, place), { code: 'precondition_required' })
  }
})

function defined<T extends object>(value: T): T {
  return JSON.parse(JSON.stringify(value))
}
