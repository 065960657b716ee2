import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { AstraError } from '../../kernel/errors.ts'
import { context } from '../testing/asking.ts'
import { eventually } from '../testing/eventually.ts'
import { fixtureVersion } from '../testing/fixture-version.ts'
import { createOipBackend } from './oip.ts'
import { openFakeUpstream, privateWords } from './testing/fake-upstream.ts'

const path = '/v2/health/ready'
const never = new AbortController().signal

async function open(t: TestContext) {
  const upstream = await openFakeUpstream()
  const backend = createOipBackend({ addresses: {}, bodyBytesMax: 1 << 20 })
  t.after(async () => {
    await backend.close()
    await upstream.close()
  })
  return { upstream, backend, probe: async () => backend.probe?.(upstream.address, never) }
}

const statuses: readonly (readonly [number, string])[] = [
  [200, 'ready'],
  [404, 'ready'],
  [400, 'upstream_failed'],
  [500, 'upstream_failed'],
  [503, 'upstream_unavailable'],
]

for (const [status, outcome] of statuses) {
  test(`${status} means ${outcome}`, async (t) => {
    const { upstream, probe } = await open(t)
    upstream.answer(path, status, { error: privateWords })
    if (outcome === 'ready') await probe()
    else {
      await assert.rejects(probe(), {
        code: outcome,
        facts: { reason: `upstream answered ${status}: ${privateWords}` },
      })
    }
    assert.deepEqual(
      upstream.requests.map(({ method, path }) => `${method} ${path}`),
      [`GET ${path}`],
    )
  })
}

test('a probe waits behind no call, and keeps its connection', async (t) => {
  const { upstream, backend, probe } = await open(t)
  const text = { name: 'text', datatype: 'BYTES', shape: [-1] } as const
  const tensors = { inputs: [text], outputs: [text] }
  const version = fixtureVersion('oip', { model: 'm', version: '1' }, [upstream.address], tensors)
  const controller = new AbortController()
  const calls = Array.from({ length: 300 }, () =>
    backend.predict(version, upstream.address, [{ text: '!hang' }], { ...context, signal: controller.signal }),
  )
  await eventually(() => upstream.running() === 256, 10_000, 'every connection for calls hangs')
  await probe()
  await probe()
  assert.equal(upstream.connections(), 257)
  controller.abort(new Error('enough'))
  assert.ok((await Promise.allSettled(calls)).every(({ status }) => status === 'rejected'))
})

test('a server that refuses the connection may only be stopping; one that breaks off is silent', async (t) => {
  const { upstream, backend, probe } = await open(t)
  const silentOf = (probing: Promise<unknown> | undefined) =>
    assert.rejects(probing ?? Promise.resolve(), (thrown) => {
      assert.ok(thrown instanceof AstraError)
      silent.push(thrown.facts.unanswered === true)
      return true
    })
  const silent: boolean[] = []
  upstream.answer(path, 503, { error: privateWords })
  await silentOf(probe())
  upstream.cut(path)
  await silentOf(probe())
  await upstream.close()
  await silentOf(probe())
  await silentOf(backend.probe?.('unix:/nowhere/at-all.sock', never))
  assert.deepEqual(silent, [false, true, false, false])
})

test('who answers stays the same until the connection is lost or the server says that its models are others', async (t) => {
  const { upstream, probe } = await open(t)
  upstream.answer(path, 200, {}, { 'astra-model-state': 'p1-1' })
  const seen = [await probe(), await probe()]
  assert.equal(seen[1], seen[0])
  upstream.answer(path, 200, {}, { 'astra-model-state': 'p1-2' })
  seen.push(await probe(), await probe())
  assert.equal(seen[3], seen[2])
  upstream.closeIdle()
  await eventually(() => upstream.connections() === 0, 5000, 'the connection is gone')
  // A server that says nothing of itself.
  upstream.answer(path, 200, {})
  seen.push(await probe(), await probe())
  assert.equal(seen[5], seen[4])
  upstream.closeIdle()
  await eventually(() => upstream.connections() === 0, 5000, 'the connection is gone')
  seen.push(await probe())
  assert.equal(new Set(seen).size, 4)
})

test('what is no address is refused', async (t) => {
  const { backend } = await open(t)
  await assert.rejects(async () => backend.probe?.('nonsense', never), { code: 'invalid_manifest' })
})
